/**
 * `curfew validate --format json | node scripts/ci/targets.ts`: a line for each target, its name in keys and in files, a
 * tab, and its own name. No target is left out, whatever it is called.
 */
import { text } from "node:stream/consumers";
import { safeName } from "../../infra/names.ts";

const said = await text(process.stdin);
const { policies = [] } = (said.trim() === "" ? {} : JSON.parse(said)) as {
  policies?: { target: string }[];
};
for (const { target } of policies) process.stdout.write(`${safeName(target)}\t${target}\n`);
