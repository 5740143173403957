import { writeFile } from "node:fs/promises";
import path from "node:path";
import { makeFolder } from "../../make-folder.ts";
import { parseFault } from "../../providers/slingr/sandbox/faults.ts";
import { startSandbox } from "../../providers/slingr/sandbox/sandbox.ts";
import { type SandboxOrder, type Served, usersSections } from "./served.ts";

/** The folder of the app's metadata, beside the policy. */
const METADATA = "app-metadata";

/** Serves a made-up Slingr app, and writes its metadata where a policy finds it. Throws UsageError. */
export async function serveSlingr(order: SandboxOrder): Promise<Served> {
  const started = Date.now();
  const { at = started, rate, data, users, seed, port, latency } = order;
  const sandbox = await startSandbox({
    ...{ users, seed, port, latency, at },
    faults: order.faults.map(parseFault),
    clock: () => at + Date.now() - started,
    ...(data === undefined ? {} : { data }),
    ...(rate === undefined ? {} : { rateLimit: { perSecond: rate, burst: rate } }),
  });
  const made = sandbox.users();
  const { id, email, password } = sandbox.account;
  const [leaver] = made.filter((user) => user.status === "ACTIVE" && user.id !== id);
  for (const [name, text] of Object.entries(sandbox.metadata())) {
    const file = path.join(order.beside, METADATA, name);
    await makeFolder(path.dirname(file));
    await writeFile(file, text);
  }
  return {
    url: sandbox.url,
    holds: `${made.length} users`,
    restored: sandbox.restored,
    secret: `${email}:${password}`,
    target: { auth: "login", identify: "email", script: "/curfew", metadata: METADATA },
    rules: `sessions:\n  maxIdle: 8h   # compared with the app's groups, and told\n\n${usersSections(leaver?.email, email)}`,
    close: () => sandbox.close(),
  };
}
