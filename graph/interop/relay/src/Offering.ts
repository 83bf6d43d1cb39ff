// A page about one offering.
import { graphql } from "react-relay";

export const purchases = graphql`
  fragment Offering_purchases on Offering
  @refetchable(queryName: "OfferingPurchasesPaginationQuery")
  @argumentDefinitions(
    count: { type: "Int", defaultValue: 20 }
    cursor: { type: "String" }
  ) {
    purchases(first: $count, after: $cursor) @connection(key: "Offering_purchases") {
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
