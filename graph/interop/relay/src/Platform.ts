// A page about one platform.
import { graphql } from "react-relay";

export const offerings = graphql`
  fragment Platform_offerings on Platform
  @refetchable(queryName: "PlatformOfferingsPaginationQuery")
  @argumentDefinitions(
    count: { type: "Int", defaultValue: 20 }
    cursor: { type: "String" }
  ) {
    offerings(first: $count, after: $cursor) @connection(key: "Platform_offerings") {
      edges {
        node {
          id
          title
          price
          platform {
            id
            name
          }
        }
      }
    }
  }
`;

export const purchases = graphql`
  fragment Platform_purchases on Platform
  @refetchable(queryName: "PlatformPurchasesPaginationQuery")
  @argumentDefinitions(
    count: { type: "Int", defaultValue: 20 }
    cursor: { type: "String" }
    filter: { type: "PurchaseFilter" }
    orderBy: { type: "[PurchaseOrder!]" }
  ) {
    purchases(first: $count, after: $cursor, filter: $filter, orderBy: $orderBy) @connection(key: "Platform_purchases") {
      edges {
        node {
          id
          invoiceCode
          purchasedAt
          amount
          platform {
            id
            code
          }
        }
      }
    }
  }
`;

export const deliveries = graphql`
  fragment Platform_deliveries on Platform
  @refetchable(queryName: "PlatformDeliveriesPaginationQuery")
  @argumentDefinitions(
    count: { type: "Int", defaultValue: 20 }
    cursor: { type: "String" }
    filter: { type: "DeliveryFilter" }
    orderBy: { type: "[DeliveryOrder!]" }
  ) {
    deliveries(first: $count, after: $cursor, filter: $filter, orderBy: $orderBy) @connection(key: "Platform_deliveries") {
      edges {
        node {
          id
          messageId
          outcome
          receivedAt
        }
      }
    }
  }
`;
