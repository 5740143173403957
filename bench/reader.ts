/**
 * One measured read, in a process of its own. Arguments: `bare` (an undici loop that only parses the pages)
 * or `curfew` (read, validated, planned), then the base URL and the policy file.
 * Prints { ms, rss (bytes, the most it had), users, wanted }.
 */

import { request } from "undici";
import { loadPolicies } from "../src/checkout/load.ts";
import { keepHeapSmall } from "../src/heap.ts";
import { emptyState, memoryOf } from "../src/ledger/state.ts";
import { EVERYTHING } from "../src/plan/scope.ts";
import { createJourneyAppsProvider } from "../src/providers/journeyapps/provider.ts";
import { reconcile } from "../src/reconcile.ts";
import { ofJourneyApps } from "../test/kit/builders.ts";

keepHeapSmall();
const [mode, url = "", file = ""] = process.argv.slice(2);
const credential = "sandbox";
const started = performance.now();
const { users, wanted } = mode === "bare" ? await bare() : await planned();
const ms = performance.now() - started;
const rss = process.resourceUsage().maxRSS * 1024;
process.stdout.write(`${JSON.stringify({ ms, rss, users, wanted })}\n`);

async function bare(): Promise<{ users: number; wanted: number }> {
  let read = 0;
  for (let more = true; more; ) {
    const headers = { authorization: `Bearer ${credential}` };
    const { body } = await request(`${url}/users?limit=1000&skip=${read}`, { headers });
    const page = (await body.json()) as { more: boolean; objects: unknown[] };
    read += page.objects.length;
    more = page.more;
  }
  return { users: read, wanted: 0 };
}

async function planned(): Promise<{ users: number; wanted: number }> {
  const at = Date.now();
  const [policy] = await loadPolicies([file], { cwd: process.cwd(), at, commit: null });
  if (!policy) throw new Error("no policy");
  const provider = createJourneyAppsProvider({ target: ofJourneyApps(policy.target), credential });
  try {
    const ledger = { recall: async () => memoryOf(emptyState()) };
    const run = await reconcile(
      { policy, source: provider, ledger, version: "bench" },
      at,
      EVERYTHING,
    );
    const { plan } = run.planned;
    return { users: plan.inventory.users, wanted: plan.actions.length + plan.held.length };
  } finally {
    await provider.close();
  }
}
