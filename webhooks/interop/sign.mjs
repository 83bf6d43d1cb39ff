// Signs what it reads on standard input with the npm package standardwebhooks, which is not ours.
// Usage: node sign.mjs SECRET ID UNIX_SECONDS < body
import { Webhook } from "standardwebhooks";
import { readFileSync } from "node:fs";

const [secret, id, seconds] = process.argv.slice(2);
const body = readFileSync(0, "utf8");
process.stdout.write(new Webhook(secret).sign(id, new Date(Number(seconds) * 1000), body));
