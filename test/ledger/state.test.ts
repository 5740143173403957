import { describe, expect, it } from "vitest";
import type { Attempt, Memory, Outcome } from "../../src/model/run.ts";
import {
  applyBegin,
  applyFinish,
  applyOutcomes,
  emptyMemory,
  prune,
  replay,
} from "../kit/memories.ts";
import { attempt, DAY, end, HOUR, outcome, start } from "./samples.ts";

const T = 1_800_000_000_000;

/** A memory after one run `r` at T made these attempts, all with the one status. */
function having(memory: Memory, attempts: Attempt[], status: Outcome["status"]): Memory {
  const begun = applyBegin(memory, start("r", T, attempts));
  return applyOutcomes(
    begun,
    "r",
    attempts.map((a) => outcome(a, status)),
  );
}

function owning(users: Record<string, number>): Memory {
  return { ...emptyMemory(), ownLocks: users };
}

describe("ownership", () => {
  const lock = attempt("r", T, "ann");
  const unlock = attempt("r", T, "ann", { type: "unlock" });

  it("begins with the intent to lock: it may have taken effect", () => {
    expect(applyBegin(emptyMemory(), start("r", T, [lock])).ownLocks).toEqual({ ann: T });
  });

  it("stays with a lock that was applied", () => {
    expect(having(emptyMemory(), [lock], "applied").ownLocks).toEqual({ ann: T });
  });

  it.each(["failed", "skipped"] as const)("ends with a lock that %s, if it was all", (status) => {
    expect(having(emptyMemory(), [lock], status).ownLocks).toEqual({});
  });

  it.each(["failed", "skipped"] as const)("of before survives a lock that %s", (status) => {
    expect(having(owning({ ann: T - 5 }), [lock], status).ownLocks).toEqual({ ann: T - 5 });
  });

  it("of a dead run's intent survives a later lock that fails, even at the same moment", () => {
    for (const at of [T - HOUR, T]) {
      const dead = applyBegin(emptyMemory(), start("dead", at, [attempt("dead", at, "ann")]));
      expect(having(dead, [lock], "failed").ownLocks).toEqual({ ann: at });
    }
  });

  it("counts from a lock that was applied again", () => {
    expect(having(owning({ ann: T - 5 }), [lock], "applied").ownLocks).toEqual({ ann: T });
  });

  it("of before survives an unlock, or a lock again, that a read found not done", () => {
    for (const change of [unlock, lock]) {
      const begun = applyBegin(owning({ ann: T - 5 }), start("r", T, [change]));
      const done = { run: "r", outcomes: [outcome(change, "applied")] };
      const not = { run: "r", outcomes: [outcome(change, "failed")] };
      expect(replay(begun, [done, not]).ownLocks).toEqual({ ann: T - 5 });
      // Where the first became part of the state before: a user whom we could not unlock is ours.
      const ours = Object.keys(replay(replay(begun, [done]), [not]).ownLocks);
      expect(ours).toEqual(change === unlock ? ["ann"] : []);
    }
  });

  it("comes back where a lock that failed is known later to have been applied", () => {
    const failed = having(emptyMemory(), [lock], "failed");
    expect(applyOutcomes(failed, "r", [outcome(lock, "applied")]).ownLocks).toEqual({ ann: T });
  });

  it("ends with an unlock that was applied, and with no other", () => {
    const owned = owning({ ann: T - 5, bob: T - 5 });
    expect(applyBegin(owned, start("r", T, [unlock])).ownLocks).toEqual(owned.ownLocks);
    expect(having(owned, [unlock], "failed").ownLocks).toEqual(owned.ownLocks);
    expect(having(owned, [unlock], "skipped").ownLocks).toEqual(owned.ownLocks);
    expect(having(owned, [unlock], "applied").ownLocks).toEqual({ bob: T - 5 });
  });

  it("is taken and left as the plan says, without a write", () => {
    const run = start("r", T, [], { adopt: ["cid"], forget: ["ann"] });
    expect(applyBegin(owning({ ann: 1, bob: 2 }), run).ownLocks).toEqual({ bob: 2, cid: T });
  });

  it("takes ids of any text", () => {
    const ids = ["__proto__", "constructor", "", "7"];
    const memory = having(
      emptyMemory(),
      ids.map((id) => attempt("r", T, id)),
      "applied",
    );
    expect(Object.keys(memory.ownLocks).sort()).toEqual([...ids].sort());
  });
});

describe("who was met on a line", () => {
  const meeting = (met: Record<string, string>, gone: string[] = []) => {
    const run = start("r", T, []);
    return { ...run, plan: { ...run.plan, ledger: { ...run.plan.ledger, met, gone } } };
  };
  const met = applyBegin(emptyMemory(), meeting({ line: "ann" }));

  it("is remembered from the beginning of the run, and nobody after", () => {
    expect(met.met).toEqual({ line: "ann" });
    expect(applyBegin(met, meeting({ line: "bob", other: "bob" })).met).toEqual({
      ...{ line: "ann", other: "bob" },
    });
  });

  it("stays when a lock comes or goes, and when time passes", () => {
    const unlock = attempt("r", T, "ann", { type: "unlock" });
    expect(having(met, [unlock], "applied").met).toEqual({ line: "ann" });
    expect(prune(applyFinish(met, end("r", T)), T + DAY).met).toEqual({ line: "ann" });
  });

  it("is forgotten with the line, so that the line may meet somebody else later", () => {
    const gone = applyBegin(met, meeting({}, ["line"]));
    expect(gone.met).toEqual({});
    expect(applyBegin(gone, meeting({ line: "bob" })).met).toEqual({ line: "bob" });
  });

  it("may be a line of any text", () => {
    expect(Object.keys(applyBegin(met, meeting({ ["__proto__"]: "x" })).met)).toContain(
      "__proto__",
    );
  });
});

describe("who was asked for and is gone", () => {
  const asking = (memory: Memory, at: number, gone: string[], back: string[]) =>
    applyBegin(memory, { ...start("r", at, []), asked: { gone, back } });

  it("is remembered with the moment, until a later run finds them back", () => {
    const first = asking(emptyMemory(), T, ["cy", "__proto__"], []);
    expect(Object.entries(first.asked ?? {})).toEqual([
      ["cy", T],
      ["__proto__", T],
    ]);
    expect(asking(first, T + DAY, ["cy"], ["__proto__"]).asked).toEqual({ cy: T + DAY });
    expect(asking(first, T + DAY, [], ["cy", "__proto__"])).not.toHaveProperty("asked");
  });

  it("leaves nothing where nobody was asked for", () => {
    expect(asking(emptyMemory(), T, [], [])).not.toHaveProperty("asked");
  });
});

describe("attempts", () => {
  it("are intents at first, whatever the run says", () => {
    const run = start("r", T, [attempt("other", T, "ann", { status: "applied" })]);
    expect(applyBegin(emptyMemory(), run).attempts).toEqual([attempt("r", T, "ann")]);
  });

  it("take the outcome of their run, type, user and session", () => {
    const end1 = attempt("r", T, "ann", { type: "re-authenticate", session: "s1", signedInAt: 5 });
    const end2 = { ...end1, session: "s2" };
    const begun = applyBegin(emptyMemory(), start("r", T, [end1, end2]));
    const known = applyOutcomes(begun, "r", [outcome(end2, "failed")]);
    expect(known.attempts).toEqual([end1, { ...end2, status: "failed" }]);
    expect(applyOutcomes(begun, "q", [outcome(end2, "failed")])).toEqual(begun);
  });

  it("are in the order of the log, whatever the clocks said", () => {
    const late = applyBegin(emptyMemory(), start("b", T, [attempt("b", T, "ann")]));
    const both = applyBegin(late, start("a", T - 1, [attempt("a", T - 1, "bob")]));
    expect(both.attempts.map((a) => a.run)).toEqual(["b", "a"]);
  });

  it("an outcome that is told again undoes nothing that came after it", () => {
    const unlock = attempt("r", T, "ann", { type: "unlock" });
    const lock = attempt("s", T + 1, "ann");
    const unlocked = having(owning({ ann: 1 }), [unlock], "applied");
    const again = applyBegin(unlocked, start("s", T + 1, [lock]));
    expect(applyOutcomes(again, "r", [outcome(unlock, "applied")])).toEqual(again);
  });

  it("an outcome of an attempt that is not known changes nothing", () => {
    const ghost = attempt("r", T, "ann");
    expect(applyOutcomes(emptyMemory(), "r", [outcome(ghost, "applied")])).toEqual(emptyMemory());
  });
});

describe("wipes", () => {
  const wipe = attempt("r", T, "ann", { type: "wipe", session: "s1", signedInAt: T - DAY });
  const owed = { ...emptyMemory(), owedWipes: { s0: 1 } };

  it("that are owed are those of the latest run, but for what is wiped already", () => {
    const run = start("r", T, [], { owedWipes: { s1: T - DAY, s2: null } });
    expect(applyBegin(owed, run).owedWipes).toEqual({ s1: T - DAY, s2: null });
    const wiped = { ...owed, wiped: { s1: T - DAY, s2: 5 } };
    expect(applyBegin(wiped, run).owedWipes).toEqual({ s2: null });
  });

  it("are remembered once a read has shown them, and owed no more", () => {
    const run = start("r", T, [wipe], { owedWipes: { s1: T - DAY, s2: null } });
    const begun = applyBegin(emptyMemory(), run);
    expect(begun.wiped).toEqual({});
    const failed = applyOutcomes(begun, "r", [outcome(wipe, "failed")]);
    expect(failed).toMatchObject({ wiped: {}, owedWipes: run.owedWipes });
    const accepted = applyOutcomes(begun, "r", [outcome(wipe, "applied")]);
    expect(accepted).toMatchObject({ wiped: {}, owedWipes: run.owedWipes });
    const seen = { ...outcome(wipe, "applied"), confirmed: true };
    const applied = applyOutcomes(accepted, "r", [seen]);
    expect(applied).toMatchObject({ wiped: { s1: T - DAY }, owedWipes: { s2: null } });
  });

  it("are remembered where a later inventory shows them, until nobody need know", () => {
    const later = { ...start("r", T, []), wiped: { s1: 7, s2: null } };
    const shown = applyBegin(emptyMemory(), later);
    expect(shown.wiped).toEqual({ s1: 7, s2: null });
    expect(applyBegin(shown, { ...start("q", T, []), wipesOver: ["s1"] }).wiped).toEqual({
      s2: null,
    });
  });

  it("of a lock are those of the sessions that a read shows wiped", () => {
    const lock = attempt("r", T, "ann", { wipe: true, wipes: { s1: 7, s2: null } });
    const run = start("r", T, [lock], { owedWipes: { s1: 7, s3: 9 } });
    const begun = applyBegin(emptyMemory(), run);
    expect(applyOutcomes(begun, "r", [outcome(lock, "skipped")]).wiped).toEqual({});
    const seen = { ...outcome(lock, "applied"), confirmed: true };
    const applied = applyOutcomes(begun, "r", [seen]);
    expect(applied).toMatchObject({ wiped: { s1: 7, s2: null }, owedWipes: { s3: 9 } });
    const part = applyOutcomes(begun, "r", [{ ...seen, unwiped: ["s2"] }]);
    expect(part).toMatchObject({ ownLocks: { ann: T }, attempts: [{ wipes: { s1: 7 } }] });
    expect(part.wiped).toEqual({ s1: 7 });
  });
});

describe("the end of a run", () => {
  it("is a summary, the size of the inventory and the last policy", () => {
    const memory = applyFinish(emptyMemory(), end("r", T));
    expect(memory.runs.map((run) => run.id)).toEqual(["r"]);
    expect(memory.inventoryUsers).toBe(47);
    expect(memory.last).toMatchObject({
      at: T,
      settledAt: T,
      policies: [{ policy: { digest: "sha256:r" }, from: T }],
    });
  });

  it("that held something keeps the policies since the last run that held nothing", () => {
    const first = applyFinish(emptyMemory(), end("first", T));
    const memory = applyFinish(first, end("second", T + HOUR, { held: 1 }));
    expect(memory.last).toMatchObject({
      at: T + HOUR,
      settledAt: T,
      policies: [{ from: T }, { policy: { digest: "sha256:second" }, from: T + HOUR }],
    });
    const third = applyFinish(memory, end("third", T + 2 * HOUR));
    expect(third.last).toMatchObject({
      settledAt: T + 2 * HOUR,
      policies: [{ policy: { digest: "sha256:third" }, from: T + 2 * HOUR }],
    });
    expect(memory.runs.map((run) => run.id)).toEqual(["first", "second"]);
  });

  it("keeps the first and the latest of more policies than a state may hold", () => {
    let memory = applyFinish(emptyMemory(), end("r0", T));
    for (let n = 1; n <= 30; n++) {
      memory = applyFinish(memory, end(`r${n}`, T + n * HOUR, { held: 1 }));
    }
    const kept = memory.last?.policies.map(({ from }) => (from - T) / HOUR);
    expect(kept).toEqual([0, ...Array.from({ length: 19 }, (_, n) => n + 12)]);
  });

  it("on one user only leaves the last policy, but has read the whole inventory", () => {
    const first = applyFinish(emptyMemory(), end("first", T));
    const one = end("one", T + HOUR, {
      inventory: { users: 44, sessions: 1, active: 1, digest: "" },
    });
    const memory = applyFinish(first, { ...one, policy: null });
    expect(memory).toEqual({
      ...first,
      inventoryUsers: 44,
      runs: [...first.runs, one.summary],
    });
  });

  it("told twice is one run", () => {
    const once = applyFinish(emptyMemory(), end("r", T));
    expect(applyFinish(once, end("r", T))).toEqual(once);
  });
});

describe("pruning", () => {
  const kept = (attempts: Attempt[]) => prune({ ...emptyMemory(), attempts }, T).attempts;
  const old = (age: number, status: Attempt["status"], run = "old") =>
    attempt(run, T - age, "ann", { status });

  it.each(["intent", "applied", "failed", "skipped"] as const)(
    "keeps what %s for a day",
    (status) => {
      expect(kept([old(DAY - 1, status)])).toHaveLength(1);
    },
  );

  it.each([
    ["intent", 1],
    ["failed", 1],
    ["applied", 0],
    ["skipped", 0],
  ] as const)("keeps of what is older and %s: %i", (status, count) => {
    expect(kept([old(DAY, status)])).toHaveLength(count);
    expect(kept([old(30 * DAY, status)])).toHaveLength(count);
    expect(kept([old(30 * DAY + 1, status)])).toHaveLength(0);
  });

  it.each(["intent", "applied", "failed", "skipped"] as const)(
    "drops an older one that a newer one, %s, supersedes",
    (status) => {
      const newer = old(1, status, "newer");
      expect(kept([old(2 * DAY, "failed"), newer])).toEqual([newer]);
      const other = { ...newer, user: "bob" };
      expect(kept([old(2 * DAY, "failed"), other])).toHaveLength(2);
    },
  );

  it("drops a failure once it was put right, also when that is old", () => {
    expect(kept([old(3 * DAY, "failed"), old(2 * DAY, "applied", "newer")])).toEqual([]);
  });

  it("keeps all of a day, superseded or not, and what is later than now", () => {
    const attempts = [old(2, "failed"), old(1, "applied", "newer"), old(-DAY, "applied", "later")];
    expect(kept(attempts)).toEqual(attempts);
  });

  it("keeps the last 500 runs, and all else", () => {
    const runs = Array.from({ length: 501 }, (_, n) => end(`run-${n}`, T + n).summary);
    const memory = { ...owning({ ann: 1 }), wiped: { s: 1 }, owedWipes: { t: null }, runs };
    const pruned = prune(memory, T + 10_000 * DAY);
    expect(pruned).toEqual({ ...memory, runs: runs.slice(1) });
    const after = applyFinish(memory, end("next", T + 501));
    expect(after.runs.map(({ id }) => id)).toEqual([...runs.slice(2).map(({ id }) => id), "next"]);
  });
});
