// PostGraphile as one process over the same tables: `node postgraphile.mjs DATABASE_URL`. It is run from the folder that it is installed in.
import { createServer } from "node:http";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";

const preset = {
  extends: [PostGraphileAmberPreset],
  // Lists are ordered by columns that have no index of their own, as the service's are.
  disablePlugins: ["PgIndexBehaviorsPlugin"],
  pgServices: [
    makePgService({ connectionString: process.argv[2], schemas: ["public"], poolConfig: { max: 10 } }),
  ],
  schema: { defaultBehavior: "+list -insert -update -delete" },
  grafserv: { graphiql: false, watch: false, maxRequestLength: 100_000 },
  grafast: { explain: false },
};

const instance = postgraphile(preset);
const server = createServer();
server.on("error", (error) => {
  console.error(error);
  process.exit(1);
});
await instance.createServ(grafserv).addTo(server);
await instance.getSchema();
server.listen(0, "127.0.0.1", () => {
  console.log(`PostGraphile is up at http://127.0.0.1:${server.address().port}`);
});
process.on("SIGTERM", () => process.exit(0));
if (process.env.PRINT_SCHEMA) {
  const { printSchema } = await import("graphql");
  console.log(printSchema(await instance.getSchema()));
}
