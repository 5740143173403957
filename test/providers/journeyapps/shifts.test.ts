/** Users who come and go while they are read: docs/contract.md, "An inventory is trusted only when it is whole". */

import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { readInventory } from "../../../src/inventory/read.ts";
import type { UserRecord } from "../../../src/model/inventory.ts";
import type { Policy } from "../../../src/model/policy.ts";
import { createJourneyAppsProvider } from "../../../src/providers/journeyapps/provider.ts";
import { type Sandbox, startSandbox } from "../../../src/providers/journeyapps/sandbox/sandbox.ts";
import { knownOf, ofJourneyApps, policyOf } from "../../kit/builders.ts";
import { page, serve } from "./server.ts";

const user = (id: string) => ({
  ...{ id, locked: false, enrolled: false, last_connected_at: null, sessions: [] },
});
const estate = (n: number) => Array.from({ length: n }, (_, i) => user(`u${i}`));
const objectsOf = (users: { id: string }[]) => users.map(({ id }) => ({ id, email: `${id}@acme` }));

/** Reads a target as a run does; the ids that came, and how often a read began. */
async function read(url: string, pageSize: number, policy: Policy = policyOf()) {
  const target = { ...ofJourneyApps(policy.target), url, requestsPerSecond: 10_000 };
  const provider = createJourneyAppsProvider({ target, credential: "sandbox", pageSize });
  let begun = 0;
  try {
    const { sinks, facts } = await readInventory(provider, knownOf({ ...policy, target }), () => {
      begun++;
      const records: UserRecord[] = [];
      return { list: { records, add: (record: UserRecord) => void records.push(record) } };
    });
    const users = sinks.list.records.flatMap((one) => ("user" in one ? [one.user] : []));
    return { ids: users.map(({ id }) => id), users, begun, facts };
  } finally {
    await provider.close();
  }
}

/** A sandbox of this many users; `at` is called before the page of that number, from 0, is answered. */
async function shifting(n: number, at: (page: number, sandbox: Sandbox) => void, list = "/users") {
  let pages = 0;
  const estateOf = estate(n);
  const sandbox: Sandbox = await startSandbox({
    estate: estateOf,
    objects: objectsOf(estateOf),
    before: ({ path }) => {
      if (path === list) at(pages++, sandbox);
    },
  });
  onTestFinished(() => sandbox.close());
  return sandbox;
}

test("each page begins with the last object of the page before", async () => {
  const sandbox = await shifting(7, () => {});
  expect((await read(sandbox.url, 3)).ids).toHaveLength(7);
  const lists = sandbox.requests.filter(({ path }) => path === "/users");
  expect(lists.map(({ query }) => query)).toEqual([
    "limit=3&skip=0",
    "limit=3&skip=2",
    "limit=3&skip=4",
  ]);
});

test("one deleted on a page already read and one added at the end: nobody is passed over", async () => {
  const sandbox = await shifting(9, (n, s) => {
    if (n !== 1) return;
    s.remove("u0");
    s.add(user("new"));
  });
  const { ids, begun } = await read(sandbox.url, 3);
  expect(ids).toEqual(["u1", "u2", "u3", "u4", "u5", "u6", "u7", "u8", "new"]);
  expect(begun).toBe(2);
});

test("a total that rises by what is missed hides nothing", async () => {
  const sandbox = await shifting(9, (n, s) => {
    if (n !== 1) return;
    s.remove("u0");
    for (const id of ["new1", "new2"]) s.add(user(id));
  });
  expect((await read(sandbox.url, 3)).ids).toContain("u3");
});

test("a user added before the place of the read is made up for without beginning again", async () => {
  const sandbox = await shifting(9, (n, s) => {
    if (n === 1) s.add(user("a"), undefined, 0);
  });
  const { ids, begun } = await read(sandbox.url, 3);
  expect([ids, begun]).toEqual([estate(9).map(({ id }) => id), 1]);
});

test("one deleted and two added on pages already read: the read goes back and goes on", async () => {
  const sandbox = await shifting(12, (n, s) => {
    if (n !== 2) return;
    for (const id of ["u0", "u1", "u2"]) s.remove(id);
    for (const id of ["a", "b", "c"]) s.add(user(id));
  });
  const { ids } = await read(sandbox.url, 3);
  expect(ids).toEqual(expect.arrayContaining(["u3", "u4", "u5", "u6", "u7", "u8", "u9", "u10"]));
});

test("the objects of the user model overlap, too", async () => {
  const moved = (n: number, s: Sandbox) => {
    if (n !== 1) return;
    s.remove("u0");
    s.add(user("new"), { id: "new", email: "new@acme" });
  };
  const sandbox = await shifting(9, moved, "/objects/user");
  const { target } = policyOf();
  const { users } = await read(
    sandbox.url,
    3,
    policyOf({ target: { ...target, identify: "email" } }),
  );
  expect(users.map(({ name }) => name)).toContain("u3@acme");
});

test("users who go without end are no whole read", async () => {
  const sandbox = await shifting(60, (n, s) => {
    if (n % 3 !== 1) return;
    s.remove(s.users()[0]?.id ?? "");
    s.add(user(`new${n}`));
  });
  await expect(read(sandbox.url, 3)).rejects.toThrow(/could not be read in full, 4 times/);
});

test("an order that differs each time is said as such", async () => {
  let turn = 0;
  const server = await serve(({ path }) => {
    const query = new URL(path, "http://x").searchParams;
    const skip = Number(query.get("skip"));
    const all = turn++ % 2 === 0 ? estate(12) : estate(12).reverse();
    const some = all.slice(skip, skip + 8);
    return page(some, { total: 12, more: skip + some.length < 12 });
  });
  onTestFinished(server.close);
  await expect(read(server.url, 8)).rejects.toThrow(/order that differs each time/);
});

test("a list that is empty beside a count that is not is a refused right", async () => {
  const server = await serve([page([], { total: 47 })]);
  onTestFinished(server.close);
  await expect(read(server.url, 8)).rejects.toThrow(/counts 47 users and lists none.*no right/);
});

test("no accepted inventory lacks a user who was there all the time", async () => {
  const change = fc.record({
    page: fc.nat({ max: 8 }),
    remove: fc.array(fc.nat({ max: 30 }), { maxLength: 3 }),
    add: fc.array(fc.nat({ max: 30 }), { maxLength: 4 }),
  });
  let accepted = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 2, max: 6 }),
      fc.array(change, { maxLength: 3 }),
      async (pageSize, changes) => {
        let pages = 0;
        let made = 0;
        const sandbox: Sandbox = await startSandbox({
          estate: estate(20),
          before: ({ path }) => {
            if (path !== "/users") return;
            const now = changes.filter((one) => one.page === pages);
            pages++;
            for (const { remove, add } of now) {
              for (const place of remove) {
                const gone = sandbox.users()[place];
                if (gone) sandbox.remove(gone.id);
              }
              for (const place of add) sandbox.add(user(`new${made++}`), undefined, place);
            }
          },
        });
        try {
          const { ids } = await read(sandbox.url, pageSize).catch(() => ({ ids: null }));
          if (ids === null) return;
          accepted++;
          const there = sandbox.users().filter(({ id }) => id.startsWith("u"));
          expect(ids).toEqual(expect.arrayContaining(there.map(({ id }) => id)));
          expect(new Set(ids).size).toBe(ids.length);
        } finally {
          await sandbox.close();
        }
      },
    ),
    { numRuns: 150, seed: 15 },
  );
  expect(accepted).toBeGreaterThan(100);
});
