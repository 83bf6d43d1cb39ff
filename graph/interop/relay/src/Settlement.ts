// A page about one settlement.
import { graphql } from "react-relay";

export const entries = graphql`
  fragment Settlement_entries on Settlement
  @refetchable(queryName: "SettlementEntriesPaginationQuery")
  @argumentDefinitions(
    count: { type: "Int", defaultValue: 20 }
    cursor: { type: "String" }
    filter: { type: "SettlementEntryFilter" }
  ) {
    entries(first: $count, after: $cursor, filter: $filter) @connection(key: "Settlement_entries") {
      edges {
        node {
          id
          outcome
          passedOver
          participant {
            id
            cardNumber
          }
        }
      }
    }
  }
`;
