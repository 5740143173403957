import { parseFault } from "../../providers/journeyapps/sandbox/faults.ts";
import { startSandbox } from "../../providers/journeyapps/sandbox/sandbox.ts";
import { type SandboxOrder, type Served, usersSections } from "./served.ts";

/** Serves a made-up JourneyApps deployment. Throws UsageError. */
export async function serveJourneyApps(order: SandboxOrder): Promise<Served> {
  const started = Date.now();
  const { at = started, rate, data, users, seed, port, latency, lockWipes, endedWipe } = order;
  const sandbox = await startSandbox({
    ...{ users, seed, port, latency, at, lockWipes, endedWipe },
    faults: order.faults.map(parseFault),
    clock: () => at + Date.now() - started,
    ...(data === undefined ? {} : { data }),
    ...(rate === undefined ? {} : { rateLimit: { perSecond: rate, burst: rate } }),
  });
  const made = sandbox.users();
  const sessions = made.reduce((sum, user) => sum + user.sessions.length, 0);
  const [kept, leaver] = made.filter((user) => user.enrolled);
  return {
    url: sandbox.url,
    holds: `${made.length} users and ${sessions} sessions`,
    restored: sandbox.restored,
    secret: sandbox.token,
    target: { auth: "bearer" },
    rules: `sessions:\n  maxAge: 30d\n  maxIdle: 14d\n  maxPerUser: 2\n\n${usersSections(leaver?.id, kept?.id)}`,
    close: () => sandbox.close(),
  };
}
