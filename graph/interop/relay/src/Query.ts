// The lists of the whole registry. Each fragment is one list, as a page of the back office would have it.
import { graphql } from "react-relay";

export const cohorts = graphql`
  fragment Query_cohorts on Query
  @refetchable(queryName: "QueryCohortsPaginationQuery")
  @argumentDefinitions(
    count: { type: "Int", defaultValue: 20 }
    cursor: { type: "String" }
    filter: { type: "CohortFilter" }
    orderBy: { type: "[CohortOrder!]" }
  ) {
    cohorts(first: $count, after: $cursor, filter: $filter, orderBy: $orderBy) @connection(key: "Query_cohorts") {
      edges {
        node {
          id
          number
          purchaseDeadlineText
          progress {
            awaiting
            purchased
          }
        }
      }
    }
  }
`;

export const participants = graphql`
  fragment Query_participants on Query
  @refetchable(queryName: "QueryParticipantsPaginationQuery")
  @argumentDefinitions(
    count: { type: "Int", defaultValue: 20 }
    cursor: { type: "String" }
    filter: { type: "ParticipantFilter" }
    orderBy: { type: "[ParticipantOrder!]" }
  ) {
    participants(first: $count, after: $cursor, filter: $filter, orderBy: $orderBy) @connection(key: "Query_participants") {
      edges {
        node {
          id
          cardNumber
          status
          deadline
          firstPurchase {
            id
            purchasedAt
          }
        }
      }
      totalCount
    }
  }
`;

export const offerings = graphql`
  fragment Query_offerings on Query
  @refetchable(queryName: "QueryOfferingsPaginationQuery")
  @argumentDefinitions(
    count: { type: "Int", defaultValue: 20 }
    cursor: { type: "String" }
    filter: { type: "OfferingFilter" }
    orderBy: { type: "[OfferingOrder!]" }
  ) {
    offerings(first: $count, after: $cursor, filter: $filter, orderBy: $orderBy) @connection(key: "Query_offerings") {
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
  fragment Query_purchases on Query
  @refetchable(queryName: "QueryPurchasesPaginationQuery")
  @argumentDefinitions(
    count: { type: "Int", defaultValue: 20 }
    cursor: { type: "String" }
    filter: { type: "PurchaseFilter" }
    orderBy: { type: "[PurchaseOrder!]" }
  ) {
    purchases(first: $count, after: $cursor, filter: $filter, orderBy: $orderBy) @connection(key: "Query_purchases") {
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
  fragment Query_deliveries on Query
  @refetchable(queryName: "QueryDeliveriesPaginationQuery")
  @argumentDefinitions(
    count: { type: "Int", defaultValue: 20 }
    cursor: { type: "String" }
    filter: { type: "DeliveryFilter" }
    orderBy: { type: "[DeliveryOrder!]" }
  ) {
    deliveries(first: $count, after: $cursor, filter: $filter, orderBy: $orderBy) @connection(key: "Query_deliveries") {
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

export const reviews = graphql`
  fragment Query_reviews on Query
  @refetchable(queryName: "QueryReviewsPaginationQuery")
  @argumentDefinitions(
    count: { type: "Int", defaultValue: 20 }
    cursor: { type: "String" }
    filter: { type: "ReviewFilter" }
    orderBy: { type: "[ReviewOrder!]" }
  ) {
    reviews(first: $count, after: $cursor, filter: $filter, orderBy: $orderBy) @connection(key: "Query_reviews") {
      edges {
        node {
          id
          kind
          state
          participant {
            id
            cardNumber
          }
        }
      }
    }
  }
`;

export const settlements = graphql`
  fragment Query_settlements on Query
  @refetchable(queryName: "QuerySettlementsPaginationQuery")
  @argumentDefinitions(
    count: { type: "Int", defaultValue: 20 }
    cursor: { type: "String" }
    filter: { type: "SettlementFilter" }
    orderBy: { type: "[SettlementOrder!]" }
  ) {
    settlements(first: $count, after: $cursor, filter: $filter, orderBy: $orderBy) @connection(key: "Query_settlements") {
      edges {
        node {
          id
          number
          cohort {
            id
            number
          }
          state
          listed
          preparedAt
        }
      }
    }
  }
`;
