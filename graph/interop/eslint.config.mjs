// The rules that @graphql-eslint recommends for schemas, and those of Relay. What is off has its reason.
// Run it in the folder of the schema.graphql to be linted: eslint looks at nothing outside the folder it is run in.
import graphql from "@graphql-eslint/eslint-plugin";
import { resolve } from "node:path";

export default [
  {
    files: ["**/*.graphql"],
    plugins: { "@graphql-eslint": graphql },
    languageOptions: {
      parser: graphql.parser,
      parserOptions: { graphQLConfig: { schema: resolve("schema.graphql") } },
    },
    rules: {
      ...graphql.configs["flat/schema-recommended"].rules,
      ...graphql.configs["flat/schema-relay"].rules,

      // A description of one line stands in quotes, a longer one in a block; the rule wants one style for both.
      "@graphql-eslint/description-style": "off",

      // `purchasedAt` is the word of the platforms' messages, beside `receivedAt`; the rule takes the `purchase` in
      // it for a needless prefix, and knows no exceptions.
      "@graphql-eslint/no-typename-prefix": "off",

      // Short lists that are wanted whole, such as a cohort's extensions, are plain lists. What may grow is a
      // connection, and that its edges are right is still checked.
      "@graphql-eslint/relay-edge-types": ["error", { listTypeCanWrapOnlyEdgeType: false }],

      // What is kept on record has an id. What is computed for one answer, or is a part of the object that it is
      // found in, has none; a new type of this kind is to be named here.
      "@graphql-eslint/strict-id-in-types": [
        "error",
        {
          exceptions: {
            suffixes: ["Connection", "Edge", "Payload", "Aggregate", "AggregateRow", "Measures"],
            types: [
              "Closing",
              "CohortProgress",
              "CompletenessStatement",
              "Contact",
              "CurvePoint",
              "Eligibility",
              "EvidenceNote",
              "Explanation",
              "GroupKey",
              "HoursSpan",
              "OutboundAttempt",
              "PageInfo",
              "ParticipantFacts",
              "Places",
              "PlatformEvidence",
              "PlatformWatch",
              "Programme",
              "Province",
              "PurchaseCurve",
              "Reminder",
              "ReminderCount",
              "ReminderPreview",
              "ReminderSample",
              "ReminderStagePreview",
              "SettlementCounts",
              "SettlementEvidence",
              "SettlementPlatform",
              "SettlementProvince",
              "StatementCheck",
              "UserError",
              "Viewer",
              "Wait",
            ],
          },
        },
      ],
    },
  },
];
