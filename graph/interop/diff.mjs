// Prints every change from the schema in the file ACCEPTED to the one in the file PRESENT, the worst first and
// but for descriptions, with the npm package @graphql-inspector/core, which is not ours. It ends with 1 when a
// change breaks clients; what is dangerous, or breaks nobody, passes.
// Usage: node diff.mjs ACCEPTED PRESENT
import { CriticalityLevel, DiffRule, diff } from "@graphql-inspector/core";
import { buildSchema } from "graphql";
import { readFileSync } from "node:fs";

const order = [CriticalityLevel.Breaking, CriticalityLevel.Dangerous, CriticalityLevel.NonBreaking];
const read = (file) => buildSchema(readFileSync(file, "utf8"));

const [accepted, present] = process.argv.slice(2);
const changes = await diff(read(accepted), read(present), [DiffRule.ignoreDescriptionChanges]);
for (const level of order) {
  for (const change of changes.filter((c) => c.criticality.level === level)) {
    console.log(`${level.padEnd(12)} ${change.path ?? ""}: ${change.message}`);
  }
}
const breaking = changes.filter((c) => c.criticality.level === CriticalityLevel.Breaking).length;
console.log(`${changes.length} changes since the schema was last accepted, ${breaking} of them breaking`);
if (breaking > 0) {
  console.log(
    "A client that works today would fail. Keep the old form and mark it @deprecated; or, when it has been decided\n" +
      "to break clients, run `npm run accept --prefix graph/interop` and say in the commit why and whom it breaks.",
  );
  process.exitCode = 1;
}
