/** What is claimed works: seen with the user's own token and in the user's own record, not only in the list. */
import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { UsageError } from "../../../../src/errors.ts";
import { capabilitiesOf } from "../../../../src/providers/catalog.ts";
import {
  ANN,
  action,
  BOB,
  check,
  type Group,
  NOBODY,
  onLine,
  PAIR,
  readAll,
  readsActive,
  sessionOf,
  unclaimed,
  userOf,
  write,
} from "../check.ts";
import type { Kind } from "../kind.ts";
import { without } from "./reads.ts";

export const CLAIMS: Group = {
  title: "does what it claims",
  checks: (kind) => {
    const { lock, end, wipe, enroll } = kind.capabilities;
    const locks = { not: unclaimed(kind, lock !== null, "locks nobody") };
    const ends = { not: unclaimed(kind, end !== null, "ends no session") };
    const endsOne = { not: unclaimed(kind, end === "session", "ends no single session") };
    const wipes = { not: unclaimed(kind, wipe, "wipes nothing") };
    const ofLock = lock && (end === null ? "has no sessions to try it on" : null);
    const tried = { not: ofLock && unclaimed(kind, false, ofLock) };
    return [
      check(kind, "the catalogue's row is this one", { needs: ["catalog"] }, () =>
        onLine(kind, PAIR.slice(0, 1), async (line) => {
          deepEqual(capabilitiesOf(line.policy("").target), kind.capabilities);
        }),
      ),
      check(kind, "a lock locks, an unlock unlocks, and nobody else", locks, () => locksOne(kind)),
      check(
        kind,
        `a lock ${lock?.endsSessions ? "ends" : "leaves"} the sessions`,
        { not: locks.not ?? tried.not },
        () => locksSessions(kind),
      ),
      check(
        kind,
        `an unlock ${lock?.revives ? "revives" : "does not revive"} what worked before`,
        { not: locks.not, needs: ["token"] },
        () => unlocks(kind),
      ),
      check(kind, "an end of one session ends that one", endsOne, () => endsThatOne(kind)),
      check(kind, "an end of all sessions of a user ends those", ends, () => endsAll(kind)),
      check(kind, "a wipe ends and wipes", wipes, () => wipesOne(kind)),
      check(kind, "a lock with wipe wipes what was active", wipes, () => locksAndWipes(kind)),
      check(
        kind,
        enroll === null ? "nothing enrolls, and it says so" : `enroll makes a ${enroll}`,
        {},
        () => enrolls(kind),
      ),
    ];
  },
};

const locksOne = (kind: Kind) =>
  onLine(kind, without(kind, PAIR), async (line) => {
    const provider = line.provider();
    const locked = async () => {
      const listed = (await readAll(provider)).filter((user) => user.locked).map(({ id }) => id);
      const alone = [ANN, BOB].map(async (id) => (await userOf(provider, id)).locked);
      deepEqual(
        await Promise.all(alone),
        [ANN, BOB].map((id) => listed.includes(id)),
      );
      return listed;
    };
    deepEqual(await write(provider, action("lock", ANN)), ["done"]);
    deepEqual(await locked(), [ANN]);
    deepEqual(await write(provider, action("unlock", ANN)), ["done"]);
    deepEqual(await locked(), []);
  });

const locksSessions = (kind: Kind) =>
  onLine(kind, PAIR, async (line, world) => {
    const provider = line.provider();
    const { lock } = kind.capabilities;
    await write(provider, action("lock", ANN));
    for (const id of ["ann-old", "ann-new"]) {
      const active = await readsActive(provider, ANN, world.session(id));
      equal(active, !lock?.endsSessions, `${id} reads as active`);
      if (lock?.endsSessions) await refused(kind, line.world, id);
    }
    ok(await readsActive(provider, BOB, world.session("bob-new")));
    if (!kind.lacks.token) ok(await world.works("bob-new"), "somebody else's session works");
  });

const unlocks = (kind: Kind) =>
  onLine(kind, PAIR, async (line, world) => {
    const provider = line.provider();
    ok(await world.works("ann-new"), "it works before");
    await write(provider, action("lock", ANN));
    await write(provider, action("unlock", ANN));
    equal(await world.works("ann-new"), kind.capabilities.lock?.revives === true);
    ok(await world.works(await world.signIn(ANN)), "whoever signs in anew works");
  });

const endsThatOne = (kind: Kind) =>
  onLine(kind, PAIR, async (line, world) => {
    const provider = line.provider();
    const [old, fresh] = ["ann-old", "ann-new"].map(world.session) as [string, string];
    deepEqual(await write(provider, action("re-authenticate", ANN, old)), ["done"]);
    await refused(kind, world, "ann-old");
    await readsEnded(kind, provider, ANN, old);
    ok(await readsActive(provider, ANN, fresh), "the other session is left");
    if (!kind.lacks.token) ok(await world.works("ann-new"), "the other session works");
  });

const endsAll = (kind: Kind) =>
  onLine(kind, PAIR, async (line, world) => {
    const provider = line.provider();
    const sessions = (await userOf(provider, ANN)).sessions.map(({ id }) => id);
    await write(provider, ...sessions.map((id) => action("re-authenticate", ANN, id)));
    for (const id of ["ann-old", "ann-new"]) await refused(kind, world, id);
    for (const id of sessions) await readsEnded(kind, provider, ANN, id);
    if (!kind.lacks.token) ok(await world.works("bob-old"), "somebody else's session works");
  });

const wipesOne = (kind: Kind) =>
  onLine(kind, PAIR, async (line, world) => {
    const provider = line.provider();
    const old = world.session("ann-old");
    deepEqual(await write(provider, action("wipe", ANN, old)), ["done"]);
    await refused(kind, world, "ann-old");
    equal((await sessionOf(provider, ANN, old))?.state, "wiping");
    ok(await readsActive(provider, ANN, world.session("ann-new")));
  });

const locksAndWipes = (kind: Kind) =>
  onLine(kind, PAIR, async (line) => {
    const provider = line.provider();
    deepEqual(await write(provider, action("lock", ANN, null, { wipe: true })), ["done"]);
    const { locked, sessions } = await userOf(provider, ANN);
    ok(locked);
    deepEqual(
      sessions.map(({ state }) => state),
      ["wiping", "wiping"],
    );
  });

const enrolls = (kind: Kind) =>
  onLine(kind, without(kind, PAIR), async (line, world) => {
    const provider = line.provider();
    const { enroll } = kind.capabilities;
    if (enroll === null) return rejects(provider.enroll(ANN), UsageError);
    const made = await provider.enroll(ANN);
    equal("token" in made, enroll === "token");
    equal("sent" in made, enroll === "code");
    const session = await world.redeem(made);
    if (!kind.lacks.token) ok(await world.works(session), "who enrolled works");
    if (kind.capabilities.end === null) return;
    ok(await readsActive(provider, ANN, world.session(session)));
    await rejects(provider.enroll(NOBODY), UsageError);
  });

/** Nobody works with the session's own token any more. */
async function refused(kind: Kind, world: { works(id: string): Promise<boolean> }, id: string) {
  if (!kind.lacks.token) equal(await world.works(id), false, `${id} still works`);
}

/** An ended session reads as is claimed. */
async function readsEnded(
  kind: Kind,
  provider: Parameters<typeof sessionOf>[0],
  user: string,
  session: string,
): Promise<void> {
  const { ended } = kind.capabilities;
  const read = await sessionOf(provider, user, session);
  if (ended === "state") equal(read?.state, "ended");
  if (ended === "gone") equal(read, undefined);
  if (ended === "unseen") equal(read?.state ?? "active", "active");
}
