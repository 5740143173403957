/**
 * Where the planner does not do yet what docs/contract.md says, so that the comparison leaves it out. Each takes what
 * it is about out of a world. This list is to be empty.
 */
import type { World } from "./worlds.ts";
import { NOW } from "./worlds.ts";

interface Known {
  /** The promise, and its heading in docs/contract.md. */
  promise: string;
  without(world: World): void;
}

const PLAIN: Record<string, string> = {
  "ann@x": "ann",
  "Ann@X": "ann",
  "bob@x": "bob",
  "Cleo B": "cleo",
  "cleo b": "cleo",
  "dora b": "dora",
};
const plain = (name: string) => PLAIN[name] ?? name;

const KNOWN: readonly Known[] = [
  {
    promise:
      "Names: loosely compared, remembered by line, and who could be spared by a name of several is not touched",
    without({ file }) {
      delete file.target.identify;
      for (const entry of file.users?.locked ?? []) entry.user = plain(entry.user);
      for (const group of Object.values(file.groups ?? {})) delete group.members;
      const taken = (file.users?.locked ?? []).map(({ user }) => user);
      file.protected = [...new Set((file.protected ?? []).map(plain))].filter(
        (name) => !taken.includes(name),
      );
      file.exceptions = (file.exceptions ?? []).filter(
        ({ user }) => user === undefined || user === plain(user),
      );
    },
  },
  {
    promise: "What is decided: a sign-in more than five minutes in the future is unknown",
    without({ users }) {
      for (const { sessions } of users)
        for (const session of sessions)
          if (session.signedInAt !== null && session.signedInAt > NOW) session.signedInAt = null;
    },
  },
  {
    promise:
      "Wipes: one that waits for data is held, by `unsynced`; those of active sessions and the rest are counted apart",
    without({ file }) {
      if (file.devices) delete file.devices.otherwise;
      for (const entry of file.devices?.denied ?? []) {
        delete entry.action;
        delete entry.unsynced;
      }
      for (const entry of file.users?.locked ?? []) delete entry.wipe;
    },
  },
  {
    promise:
      "What is said: under `report`, what is held is exactly what `enforce` would take or hold",
    without({ file }) {
      if (file.enforcement === "report") file.enforcement = "enforce";
    },
  },
  {
    promise:
      "Nobody is starved: what failed waits, held by `retry`, and takes no place of who did not fail",
    without({ steps }) {
      for (const step of steps) step.refuses = [];
    },
  },
];

/** The cause: what was held keeps its cause, and a run that held something is a last one, too. */
export const CAUSES_DIFFER = true;

/** The world without what is known to differ, or without some of it. */
export function tamed(world: World, known: readonly Known[] = KNOWN): World {
  const copy = structuredClone(world);
  for (const { without } of known) without(copy);
  return copy;
}

/** Of these, what breaks a promise that is seen from outside. */
export const BREAKS = KNOWN.filter(({ promise }) => promise.startsWith("Names"));
