// PostGraphile 5 as a careful user would run it in production: prepared statements, no explorer, no watching, no
// subscriptions, no transaction around reads, a process for each of two processors. It reads as the owner of the tables,
// without row security: every advantage. Arguments: PORT DATABASE_URL.
import cluster from "node:cluster";
import { createServer } from "node:http";
import { PgAggregatesPreset } from "@graphile/pg-aggregates";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { makeJSONPgSmartTagsPlugin } from "postgraphile/utils";
import { postgraphile } from "postgraphile";
import { PostGraphileConnectionFilterPreset } from "postgraphile-plugin-connection-filter";

const [port, connectionString] = process.argv.slice(2);
const processes = 2;
const connections = 8; // of each process

// The aggregates plugin counts distinct values only, which sorts. This counts rows.
const CountPlugin = {
  name: "CountPlugin",
  version: "1.0.0",
  after: ["PgAggregatesSpecsPlugin"],
  schema: {
    hooks: {
      build(build) {
        const { sql, dataplanPg: { TYPES } } = build;
        build.pgAggregateSpecs.push({
          id: "count",
          humanLabel: "count",
          HumanLabel: "Count",
          isSuitableType: () => true,
          sqlAggregateWrap: () => sql`count(*)`,
          pgTypeCodecModifier: () => TYPES.bigint,
        });
        return build;
      },
    },
  },
};

// What the tables have without a constraint: a unique index, and a reference.
const ConstraintsPlugin = makeJSONPgSmartTagsPlugin({
  version: 1,
  config: {
    class: {
      "public.participants": {
        tags: { unique: "card_number", foreignKey: "(first_purchase_id) references purchases (id)|@fieldName firstPurchase" },
      },
    },
  },
});

const preset = {
  extends: [PostGraphileAmberPreset, PostGraphileConnectionFilterPreset, PgAggregatesPreset],
  plugins: [CountPlugin, ConstraintsPlugin],
  disablePlugins: ["PgIndexBehaviorsPlugin"], // it would hide filters by columns that only partial indexes have
  pgServices: [makePgService({ connectionString, schemas: ["public"], pubsub: false, poolConfig: { max: connections, min: connections } })],
  grafast: { explain: false },
  grafserv: { graphqlPath: "/graphql", graphiql: false, websockets: false, watch: false },
};

if (cluster.isPrimary) {
  for (let i = 0; i < processes; i++) cluster.fork();
  cluster.on("exit", (worker, code) => process.exit(code || 1));
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(0));
} else {
  const server = createServer();
  server.keepAliveTimeout = 60_000;
  const serv = postgraphile(preset).createServ(grafserv);
  await serv.addTo(server);
  await serv.ready?.();
  server.listen(Number(port), "127.0.0.1");
}
