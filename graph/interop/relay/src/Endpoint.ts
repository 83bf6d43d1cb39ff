// A page about one endpoint of our own webhooks.
import { graphql } from "react-relay";

export const messages = graphql`
  fragment Endpoint_messages on Endpoint
  @refetchable(queryName: "EndpointMessagesPaginationQuery")
  @argumentDefinitions(
    count: { type: "Int", defaultValue: 20 }
    cursor: { type: "String" }
    filter: { type: "OutboundMessageFilter" }
  ) {
    messages(first: $count, after: $cursor, filter: $filter) @connection(key: "Endpoint_messages") {
      edges {
        node {
          id
          event
          state
          createdAt
          attempts {
            outcome
            problem
          }
        }
      }
    }
  }
`;
