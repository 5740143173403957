/** What is not claimed is refused by `validate`, at its line and with a reason; what is claimed is not. */
import { deepEqual, equal, match } from "node:assert/strict";
import { ATTRIBUTE_NAMES, type Capabilities } from "../../../../src/model/capabilities.ts";
import type { Rule } from "../../../../src/model/vocabulary.ts";
import { ANN, check, type Group, onLine } from "../check.ts";
import type { Kind } from "../kind.ts";

/** A part of a policy. */
interface Part {
  name: string;
  sections: string;
  /** The line of `sections` at which it is refused, from 1. */
  at: number;
  /** Whether these capabilities hold it. */
  held(can: Capabilities): boolean;
}

const attributes = (can: Capabilities) => Object.keys(can.attributes);
const signsIn = (can: Capabilities) => (can.moments.signedInAt ?? can.moments.createdAt) !== null;
/** By ending sessions, or by a setting of the backend that is compared. */
const holds = (rule: Rule, can: Capabilities, ends: boolean) => ends || can.compares.includes(rule);

const PARTS: readonly Part[] = [
  {
    name: "users.locked",
    sections: "users:\n  locked:\n    - { user: ann, reason: Left }\n",
    at: 2,
    held: ({ lock }) => lock !== null,
  },
  {
    name: "a lock with wipe",
    sections: "users:\n  locked:\n    - user: ann\n      reason: Left\n      wipe: true\n",
    at: 5,
    held: ({ lock, wipe }) => lock !== null && wipe,
  },
  {
    name: "devices.denied",
    sections: "devices:\n  denied:\n    - { id: d-1, reason: Stolen, action: re-authenticate }\n",
    at: 3,
    held: (can) => can.end === "session" && "id" in can.attributes,
  },
  {
    name: "a wipe of a denied device",
    sections:
      "devices:\n  denied:\n    - id: d-1\n      reason: Stolen\n      action: wipe\n      unsynced: lose\n",
    at: 5,
    held: (can) => can.end === "session" && "id" in can.attributes && can.wipe,
  },
  ...ATTRIBUTE_NAMES.map((name) => ({
    name: `devices.allowed by ${name}`,
    sections: `devices:\n  allowed:\n    - ${name}: "1"\n`,
    at: 3,
    held: (can: Capabilities) => can.end === "session" && attributes(can).includes(name),
  })),
  {
    name: "sessions.maxAge",
    sections: "sessions:\n  maxAge: 30d\n",
    at: 2,
    held: (can) => holds("sessions.maxAge", can, can.end !== null && signsIn(can)),
  },
  {
    name: "sessions.notBefore",
    sections: "sessions:\n  notBefore: 2026-01-01T00:00:00Z\n",
    at: 2,
    held: (can) => holds("sessions.notBefore", can, can.end !== null && signsIn(can)),
  },
  {
    name: "sessions.maxIdle",
    sections: "sessions:\n  maxIdle: 60d\n",
    at: 2,
    held: (can) =>
      holds("sessions.maxIdle", can, can.end !== null && can.moments.lastConnectedAt !== null),
  },
  {
    name: "sessions.maxIdle of a minute",
    sections: "sessions:\n  maxIdle: 1m\n",
    at: 2,
    held: (can) => {
      const grain = can.end === null ? null : can.moments.lastConnectedAt;
      return holds("sessions.maxIdle", can, grain !== null && grain < 60_000);
    },
  },
  {
    name: "sessions.maxPerUser",
    sections: "sessions:\n  maxPerUser: 2\n",
    at: 2,
    held: (can) => holds("sessions.maxPerUser", can, can.end === "session"),
  },
];

export const REFUSALS: Group = {
  title: "refuses what it can't hold",
  checks: (kind) =>
    PARTS.map((part) => {
      const held = part.held(kind.capabilities);
      const name = `${part.name} is ${held ? "taken" : "refused at its line"}`;
      return check(kind, name, {}, () => judges(kind, part, held));
    }),
};

const judges = (kind: Kind, { sections, at }: Part, held: boolean) =>
  onLine(kind, [{ id: ANN }], async (line, { target }) => {
    // Before the sections come the version, the target's own line, its name and its credentials.
    const first = target.length + 4;
    const found = line.problems(sections);
    if (held) return deepEqual(found, []);
    const here = found.filter((problem) => problem.line === first + at);
    equal(here.length > 0, true, `nothing is refused at line ${at}: ${JSON.stringify(found)}`);
    for (const { message } of found) match(message, new RegExp(kind.capabilities.name));
  });
