/**
 * One apply of a first day, as the Lambda makes it, on an estate that streams by: every user has a session that is too
 * old, and one user is to be locked at once. Takes how many users, and prints what came of it and the most memory that
 * it took, as JSON.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keepHeapSmall } from "../../src/heap.ts";
import type { AccountRecord, Page, Session } from "../../src/model/inventory.ts";
import type { Provider } from "../../src/model/ports.ts";
import { openLedgerOf, takeLease } from "../../src/parts.ts";
import { EVERYTHING } from "../../src/plan/scope.ts";
import { reconcile } from "../../src/reconcile.ts";
import { RENDERERS } from "../../src/report/formats.ts";
import { DAY, HOUR } from "../../src/time.ts";
import { lockedOf, policyOf, sessionOf, usersLocked, written } from "../kit/builders.ts";

const NOW = Date.parse("2026-11-22T10:00:00Z");
const PAGE = 1000;
const users = Number(process.argv[2]);
const idOf = (n: number) => `5571fb26-54f7-11e7-a8f8-${String(n).padStart(12, "0")}`;
const LEAVER = idOf(users - 1);

keepHeapSmall();
const locked = new Set<string>();
const ended = new Set<string>();

function account(n: number): AccountRecord {
  const id = idOf(n);
  const signedInAt = NOW - 60 * DAY - (((n * 7919) % users) / users) * HOUR;
  const state = ended.has(id) || locked.has(id) ? "ended" : "active";
  const more: Partial<Session> = { signedInAt, lastConnectedAt: NOW - DAY, state };
  const session = sessionOf(`066b26c4-8418-11e7-9ba9-${String(n).padStart(12, "0")}`, more);
  return { user: { id, locked: locked.has(id), lastConnectedAt: NOW - DAY, sessions: [session] } };
}

async function* pages(): AsyncGenerator<Page<AccountRecord>> {
  for (let from = 0; from < users; from += PAGE) {
    const objects = Array.from({ length: Math.min(PAGE, users - from) }, (_, i) =>
      account(from + i),
    );
    yield { total: users, count: objects.length, more: from + PAGE < users, objects };
  }
}

const provider: Provider = {
  users: pages,
  async *profiles() {},
  profile: async () => null,
  named: async () => [],
  rights: async () => [],
  info: async () => null,
  user: async (id) => account(Number(id.slice(-12))),
  writeSize: 1000,
  async write(actions) {
    for (const { type, user } of actions) (type === "lock" ? locked : ended).add(user);
    return actions.map(() => ({ status: "done" }));
  },
  enroll: async () => ({ token: "", url: "", lives: 0 }),
  close: async () => {},
};

const cwd = await mkdtemp(join(tmpdir(), "curfew-first-day-"));
try {
  const policy = policyOf({
    sessions: { maxAge: written(30 * DAY) },
    users: usersLocked(lockedOf(LEAVER, { urgent: true })),
  });
  const ledger = openLedgerOf(policy, { env: {}, cwd, ledger: cwd });
  await using lease = await takeLease(ledger, "r1");
  const run = await reconcile(
    { policy, source: provider, ledger, version: "0.0.0-test" },
    NOW,
    EVERYTHING,
    { provider, ledger, run: "r1", check: lease.check, agree: () => true },
  );
  const { plan } = run.planned;
  const outcomes = run.outcomes ?? [];
  const options = { colour: false, width: 100, all: false, several: false };
  const sizes = Object.entries(RENDERERS).map(([format, renderer]) => {
    const text = renderer.apply([{ plan, outcomes }], options);
    return [format, text.length];
  });
  const { actions, held, heldSummary } = plan;
  console.log(
    JSON.stringify({
      ...{ actions: actions.length, listed: held.length, heldSummary },
      applied: outcomes.filter(({ status }) => status === "applied").length,
      leaver: locked.has(LEAVER),
      sizes: Object.fromEntries(sizes),
      peak: process.resourceUsage().maxRSS * 1024,
    }),
  );
} finally {
  await rm(cwd, { recursive: true });
}
