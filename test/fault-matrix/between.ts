/** Somebody changes a user after the read and before the first write: every change × every type of action. */
import { equal, ok } from "node:assert/strict";
import type { Sandbox } from "../../src/providers/journeyapps/sandbox/sandbox.ts";
import { HOUR } from "../../src/time.ts";
import { picture } from "../kit/scenario-stage.ts";
import { nothingUnplanned } from "./checks.ts";
import { FOREIGN } from "./estate.ts";
import { openStage, type Stage } from "./stage.ts";

interface Wanted {
  name: string;
  user: string;
  session: string;
}

/** What the policy of the matrix wants, an action of each type. */
export const WANTED: readonly Wanted[] = [
  { name: "lock", user: "ann", session: "ann-phone" },
  { name: "lock with wipe", user: "hal", session: "hal-phone" },
  { name: "unlock", user: "cem", session: "cem-phone" },
  { name: "wipe", user: "gil", session: "gil-phone" },
  { name: "re-authenticate", user: "bob", session: "bob-phone" },
];

/** What somebody does meanwhile; nothing where it is so already, or where the backend refuses it. */
const CHANGES: Readonly<Record<string, (sandbox: Sandbox, wanted: Wanted) => void>> = {
  "an administrator locks the user": (sandbox, { user }) => sandbox.lock(user),
  "an administrator unlocks the user": (sandbox, { user }) => sandbox.unlock(user),
  "an administrator unlocks the user and locks it again": (sandbox, { user }) => {
    sandbox.unlock(user);
    sandbox.lock(user);
  },
  "the device signs in anew": (sandbox, { user, session }) => {
    sandbox.unlock(user);
    sandbox.signIn(user, session);
  },
  "the session ends": (sandbox, { user, session }) =>
    sandbox.update(user, ({ sessions }) => {
      const of = sessions.find(({ id }) => id === session);
      if (of) of.state = "LOCKED";
    }),
  "the user is deleted": (sandbox, { user }) => sandbox.remove(user),
};

/** What became of an action: a row a change, a cell a type of action. */
export type Became = Readonly<Record<string, readonly string[]>>;

export async function runBetween(): Promise<Became> {
  const rows: Record<string, string[]> = {};
  for (const [name, change] of Object.entries(CHANGES)) {
    rows[name] = [];
    for (const wanted of WANTED) rows[name].push(await became(change, wanted));
  }
  return rows;
}

/** Throws AssertionError where anything was asked for that was not planned, or another action suffered. */
async function became(
  change: (sandbox: Sandbox, wanted: Wanted) => void,
  wanted: Wanted,
): Promise<string> {
  const stage = await openStage(true);
  await using line = stage.line;
  await stage.reset();
  const { sandbox } = line;
  const first = sandbox.requests.length;
  const { planned, outcomes = [] } = await line.apply(stage.policy, {
    agreed: () => change(sandbox, wanted),
  });
  nothingUnplanned(sandbox.requests.slice(first), planned.plan.actions);
  const of = (outcomes ?? []).filter(({ user }) => user === wanted.user);
  equal(of.length, 1, `${wanted.name} has one outcome`);
  for (const { user, type, status } of outcomes ?? [])
    ok(user === wanted.user || status === "applied", `${type} of ${user} is ${status}`);
  for (const id of FOREIGN) equal(sandbox.user(id)?.locked, true, `${id}'s lock was lifted`);
  return `${of[0]?.status}, then ${await afterwards(stage, wanted)}`;
}

/** What the next run does to the user, and how the user stands after it. */
async function afterwards({ line, policy }: Stage, { user, session }: Wanted): Promise<string> {
  line.at += HOUR;
  const { outcomes } = await line.apply(policy);
  const of = (outcomes ?? []).filter((outcome) => outcome.user === user);
  const next = of.map(({ type, status }) => `${type} ${status}`).join(", ") || "nothing";
  const stands = picture(line.sandbox.users())[user];
  if (!stands) return next;
  const locked = stands.locked ? "locked" : "free";
  return `${next} (${locked}, ${stands.sessions[session]})`;
}
