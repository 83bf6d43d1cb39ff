// Audits the GraphQL endpoint at URL by GraphQL over HTTP with the npm package graphql-http, which is not ours.
// It prints a line for each audit and ends with 1 unless there are as many as we know and each one passes,
// those that say SHOULD and MAY with those that say MUST.
// Usage: node audits.mjs URL
import { serverAudits } from "graphql-http";

const known = 61;

const audits = serverAudits({ url: process.argv[2] });
let passed = 0;
for (const audit of audits) {
  const result = await audit.fn();
  const ok = result.status === "ok";
  if (ok) passed++;
  console.log(`${ok ? "ok  " : "FAIL"} ${audit.id} ${audit.name}${ok ? "" : `: ${result.reason}`}`);
}
console.log(`${passed} of ${audits.length} passed`);
if (audits.length !== known) console.log(`there are ${audits.length} audits, not ${known}: read the new ones and change the number`);
process.exitCode = passed === known && audits.length === known ? 0 : 1;
