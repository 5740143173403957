import path from "node:path";
import { UsageError } from "../../errors.ts";
import { makeFolder } from "../../make-folder.ts";
import { parseFault } from "../../providers/corporateacademy/sandbox/faults.ts";
import { startSandbox } from "../../providers/corporateacademy/sandbox/sandbox.ts";
import type { SandboxOrder, Served } from "./served.ts";

/** The register of tokens, beside the policy. */
const REGISTER = "tokens.jsonl";

/** Serves a made-up corporateacademy-auth, and writes the register of its tokens where a policy finds it. Throws UsageError. */
export async function serveCorporateacademy(order: SandboxOrder): Promise<Served> {
  const { at, rate, data, users, seed, port, latency } = order;
  if (data !== undefined) {
    throw new UsageError(
      "the corporateacademy sandbox keeps no state in a file: leave --data out; the same --seed makes up the same users",
    );
  }
  const slow = latency > 0 ? [`slow=${latency}`] : [];
  const sandbox = await startSandbox({
    ...{ users, seed, port },
    faults: [...order.faults, ...slow].map(parseFault),
    ...(at === undefined ? {} : { now: at }),
    ...(rate === undefined ? {} : { rateLimit: { perSecond: rate, burst: rate } }),
  });
  await makeFolder(order.beside);
  await sandbox.writeRegister(path.join(order.beside, REGISTER), { dead: true });
  return {
    url: sandbox.url,
    holds: `${sandbox.users().length} users and ${sandbox.tokens().length} living tokens`,
    restored: false,
    secret: null,
    // Each token takes two calls, and nobody else has a share in a sandbox.
    target: { register: REGISTER, requestsPerSecond: "1000" },
    rules: "sessions:\n  maxAge: 5d\n  maxPerUser: 1\n",
    close: () => sandbox.close(),
  };
}
