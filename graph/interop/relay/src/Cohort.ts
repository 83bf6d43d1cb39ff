// A page about one cohort.
import { graphql } from "react-relay";

export const participants = graphql`
  fragment Cohort_participants on Cohort
  @refetchable(queryName: "CohortParticipantsPaginationQuery")
  @argumentDefinitions(
    count: { type: "Int", defaultValue: 20 }
    cursor: { type: "String" }
    filter: { type: "ParticipantFilter" }
    orderBy: { type: "[ParticipantOrder!]" }
  ) {
    participants(first: $count, after: $cursor, filter: $filter, orderBy: $orderBy) @connection(key: "Cohort_participants") {
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

export const purchases = graphql`
  fragment Cohort_purchases on Cohort
  @refetchable(queryName: "CohortPurchasesPaginationQuery")
  @argumentDefinitions(
    count: { type: "Int", defaultValue: 20 }
    cursor: { type: "String" }
    filter: { type: "PurchaseFilter" }
    orderBy: { type: "[PurchaseOrder!]" }
  ) {
    purchases(first: $count, after: $cursor, filter: $filter, orderBy: $orderBy) @connection(key: "Cohort_purchases") {
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

export const settlements = graphql`
  fragment Cohort_settlements on Cohort
  @refetchable(queryName: "CohortSettlementsPaginationQuery")
  @argumentDefinitions(
    count: { type: "Int", defaultValue: 20 }
    cursor: { type: "String" }
    filter: { type: "SettlementFilter" }
    orderBy: { type: "[SettlementOrder!]" }
  ) {
    settlements(first: $count, after: $cursor, filter: $filter, orderBy: $orderBy) @connection(key: "Cohort_settlements") {
      edges {
        node {
          id
          number
          state
          listed
          preparedAt
        }
      }
    }
  }
`;
