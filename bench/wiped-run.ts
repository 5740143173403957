/** `seed LEDGER N`: a run that remembers N wipes. `run LEDGER N`: one on N sessions that are wiping. Prints JSON. */
import { keepHeapSmall } from "../src/heap.ts";
import type { AccountRecord, Page } from "../src/model/inventory.ts";
import type { Provider } from "../src/model/ports.ts";
import { openLedgerOf, takeLease } from "../src/parts.ts";
import { EVERYTHING } from "../src/plan/scope.ts";
import { policyOfText } from "../src/policy/of-text.ts";
import { reconcile } from "../src/reconcile.ts";
import { DAY } from "../src/time.ts";

const [what, ledgerFolder = "", count] = process.argv.slice(2);
const sessions = Number(count);
const NOW = Date.parse("2026-11-22T10:00:00Z");
const SIGNED_IN = NOW - 90 * DAY;
const PAGE = 1000;
const policy = policyOfText(
  "policy.yaml",
  "version: 1\ntarget: { name: bench, provider: journeyapps, url: https://example.com/api/v4/1, credentials: env:BENCH_TOKEN }\nsessions: { maxAge: 390d }\n",
  NOW,
);
keepHeapSmall();

const twelve = (n: number) => String(n).padStart(12, "0");
const sessionOf = (n: number) => `066b26c4-8418-11e7-9ba9-${twelve(n)}`;

function account(n: number): AccountRecord {
  const session = {
    ...{ id: sessionOf(n), state: "ended" as const, signedInAt: SIGNED_IN, createdAt: SIGNED_IN },
    ...{ signedOutAt: null, lastConnectedAt: SIGNED_IN, lastFullSyncAt: SIGNED_IN },
    attributes: {
      ...{ platform: "ANDROID", container: "23.1.0", bundleId: null, runtime: "4.95.0" },
      ...{ id: twelve(n), label: null },
    },
  };
  const id = `5571fb26-54f7-11e7-a8f8-${twelve(n)}`;
  return { user: { id, locked: false, lastConnectedAt: SIGNED_IN, sessions: [session] } };
}

async function* pages(): AsyncGenerator<Page<AccountRecord>> {
  for (let from = 0; from < sessions; from += PAGE) {
    const length = Math.min(PAGE, sessions - from);
    const objects = Array.from({ length }, (_, i) => account(from + i));
    yield { total: sessions, count: length, more: from + PAGE < sessions, objects };
  }
}

const nothing = () => Promise.reject(new Error("nothing is to be written"));
const provider: Provider = {
  ...{ users: pages, user: nothing, profile: nothing, enroll: nothing },
  async *profiles() {},
  ...{ named: async () => [], rights: async () => [], info: async () => null },
  ...{ writeSize: PAGE, write: nothing, close: async () => {} },
};

const started = performance.now();
const ledger = openLedgerOf(policy, { env: {}, cwd: ledgerFolder, ledger: ledgerFolder });
const id = `${what}-${Date.now()}`;
const lease = await takeLease(ledger, id);
const { planned } = await reconcile(
  { policy, source: provider, ledger, version: "bench" },
  NOW,
  EVERYTHING,
  {
    provider,
    ledger: what === "seed" ? { ...bound(), begin: seeded } : ledger,
    ...{ run: id, check: lease.check, agree: () => true },
  },
);
await lease[Symbol.asyncDispose]();
const ms = performance.now() - started;
if (planned.plan.actions.length > 0) throw new Error("something is to be done");
const peak = process.resourceUsage().maxRSS * 1024;
const { wiped } = await ledger.recall();
console.log(JSON.stringify({ ms, peak, wiped: Object.keys(wiped).length }));

function bound() {
  const { intend, record, owned, finish } = ledger;
  return {
    intend: intend.bind(ledger),
    record: record.bind(ledger),
    owned: owned.bind(ledger),
    finish: finish.bind(ledger),
  };
}

/** As a run begins that is shown all of these wipes. */
function seeded(run: Parameters<typeof ledger.begin>[0]): Promise<void> {
  const all = Array.from({ length: sessions }, (_, n) => [sessionOf(n), SIGNED_IN] as const);
  return ledger.begin({ ...run, wiped: Object.fromEntries(all) });
}
