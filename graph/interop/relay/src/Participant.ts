// A page about one participant.
import { graphql } from "react-relay";

export const purchases = graphql`
  fragment Participant_purchases on Participant
  @refetchable(queryName: "ParticipantPurchasesPaginationQuery")
  @argumentDefinitions(
    count: { type: "Int", defaultValue: 20 }
    cursor: { type: "String" }
  ) {
    purchases(first: $count, after: $cursor) @connection(key: "Participant_purchases") {
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

export const history = graphql`
  fragment Participant_history on Participant
  @refetchable(queryName: "ParticipantHistoryPaginationQuery")
  @argumentDefinitions(
    count: { type: "Int", defaultValue: 20 }
    cursor: { type: "String" }
  ) {
    history(first: $count, after: $cursor) @connection(key: "Participant_history") {
      edges {
        node {
          id
          kind
          recordedAt
          reason
        }
      }
    }
  }
`;
