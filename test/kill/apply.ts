/** One `curfew apply --yes` without the command line: the parts of the real door, joined as it joins them. */
import { randomBytes } from "node:crypto";
import { loadPolicies } from "../../src/checkout/load.ts";
import { everyInterval, thisHolder } from "../../src/ledger/lease/process.ts";
import type { StoredLedger } from "../../src/ledger/ledger.ts";
import type { AuditLine } from "../../src/ledger/log/line.ts";
import type { LeaseClock, Provider } from "../../src/model/ports.ts";
import { openLedgerOf, openTarget, type TakenLease, takeLease } from "../../src/parts.ts";
import { EVERYTHING } from "../../src/plan/scope.ts";
import { type Run, reconcile } from "../../src/reconcile.ts";

export const TOKEN = "tok-k1ll";

/** One JSON argument of the driver. */
export interface Job {
  /** The folder that holds `policies/` and the ledger `.curfew`. */
  cwd: string;
  /** The policy file, below `cwd`. */
  policy: string;
  /** Actions in one call of `write`, so that a small estate takes several. */
  writeSize: number;
  /** Lets the time of leases run so many times faster, from the moment `since` on. */
  haste?: { factor: number; since: number };
}

/** Applies, or plans where `write` is false. */
export async function run(job: Job, write = true): Promise<Run> {
  return opened(job, async (provider, ledger) => {
    const at = Date.now();
    const id = `${new Date(at).toISOString().replace(/[-:.]/g, "")}-${randomBytes(4).toString("hex")}`;
    const [policy] = await policies(job);
    const parts = { policy, source: provider, ledger, version: "0.0.0-test" };
    if (!write) return reconcile(parts, at, EVERYTHING);
    const hands = { provider, ledger, run: id, agree: () => true };
    await using lease = await (job.haste ? hastily(ledger, id, job.haste) : takeLease(ledger, id));
    return await reconcile(parts, at, EVERYTHING, { ...hands, check: lease.check });
  });
}

/** Opens the job's target and ledger. */
export async function opened<T>(
  job: Job,
  work: (provider: Provider, ledger: StoredLedger) => Promise<T>,
): Promise<T> {
  const [policy] = await policies(job);
  const settings = { env: { TOKEN }, cwd: job.cwd, ledger: ".curfew" };
  await using target = await openTarget(policy, settings, openLedgerOf(policy, settings));
  return await work({ ...target.provider, writeSize: job.writeSize }, target.ledger);
}

/** All of the audit log, oldest line first. */
export function auditOf(job: Job): Promise<AuditLine[]> {
  return opened(job, async (_, ledger) => {
    const lines: AuditLine[] = [];
    for await (const line of ledger.audit()) lines.push(line);
    return lines;
  });
}

async function policies({ cwd, policy }: Job) {
  const [only] = await loadPolicies([policy], { cwd, at: Date.now(), commit: null });
  if (!only) throw new Error(`${policy} holds no policy`);
  return [only] as const;
}

/** As `takeLease`, by another clock. */
async function hastily(
  ledger: StoredLedger,
  id: string,
  { factor, since }: NonNullable<Job["haste"]>,
): Promise<TakenLease> {
  const clock: LeaseClock = {
    now: () => since + (Date.now() - since) * factor,
    elapsed: () => performance.now() * factor,
  };
  const lease = await ledger.lock(thisHolder(id), clock);
  lease.keep((ms, tick) => everyInterval(ms / factor, tick));
  return {
    check: () => lease.check(),
    [Symbol.asyncDispose]: () => lease.release().catch(() => {}),
  };
}
