/** What a provider can't hold of a policy: an error at its line, with the reason. */
import { describe, expect, it } from "vitest";
import type { Capabilities } from "../../src/model/capabilities.ts";
import { unheld } from "../../src/policy/can.ts";
import { join } from "../../src/policy/join.ts";
import { parsePolicy } from "../../src/policy/parse/parse.ts";
import { CATALOG } from "../../src/providers/catalog.ts";
import { DAY } from "../../src/time.ts";

const ALL: Capabilities = CATALOG.journeyapps;
const NONE: Capabilities = { ...ALL, name: "Acme", lock: null, end: null, wipe: false };
const CRUDE: Capabilities = { ...ALL, name: "Acme", end: "user" };
const SILENT: Capabilities = {
  ...{ ...ALL, name: "Acme", attributes: {} },
  moments: { createdAt: null, signedInAt: null, lastConnectedAt: null },
};
const BARE: Capabilities = { ...ALL, name: "Acme", fields: false, instead: { where: "list them" } };
const COARSE: Capabilities = {
  ...{ ...ALL, name: "Acme", attributes: { userAgent: "glob" } },
  moments: { ...ALL.moments, lastConnectedAt: DAY },
};

const HEAD = `version: 1
target: { name: t, provider: journeyapps, url: https://x.backend.us.journeyapps.com/api/v4/1, credentials: env:T }
`;

const EVERY = `${HEAD}sessions:
  maxAge: 30d
  maxIdle: 14d
  maxPerUser: 2
  notBefore: 2026-11-20
users:
  locked:
    - { user: u, reason: left, wipe: true }
devices:
  otherwise: wipe
  allowed:
    - { platform: IOS, container: ">=1" }
  denied:
    - { id: d, reason: lost, action: wipe }
groups:
  crew:
    members: [v]
    sessions: { maxIdle: 1d }
`;

/** What is refused, as `line:column: message`. */
function refused(text: string, can: Capabilities): string[] {
  const { sections, problems } = parsePolicy("p.yaml", text);
  expect(problems).toEqual([]);
  const { joined } = join(sections ? [sections] : []);
  return unheld(joined, can).map((at) => `${at.line}:${at.column}: ${at.message}`);
}

describe("a provider", () => {
  it("that can all is refused nothing", () => {
    expect(refused(EVERY, ALL)).toEqual([]);
  });

  it("that is asked for nothing is refused nothing", () => {
    expect(refused(HEAD, NONE)).toEqual([]);
  });

  it("that can neither lock, end nor wipe holds no rule, each said at its line", () => {
    expect(refused(EVERY, NONE)).toMatchInlineSnapshot(`
      [
        "9:3: users.locked: Acme has no call that locks a user",
        "10:38: users.locked[0].wipe: Acme has no call that wipes a device",
        "12:14: devices.otherwise: Acme has no call that wipes a device",
        "16:7: devices.denied[0]: Acme has no call that ends a session",
        "16:38: devices.denied[0].action: Acme has no call that wipes a device",
        "14:7: devices.allowed[0]: Acme has no call that ends a session",
        "4:11: sessions.maxAge: Acme has no call that ends a session",
        "7:14: sessions.notBefore: Acme has no call that ends a session",
        "5:12: sessions.maxIdle: Acme has no call that ends a session",
        "6:15: sessions.maxPerUser: Acme has no call that ends a session",
        "20:26: groups.crew.sessions.maxIdle: Acme has no call that ends a session",
      ]
    `);
  });

  it("that ends all sessions of a user at once holds ages, and no number and no device", () => {
    expect(refused(EVERY, CRUDE)).toMatchInlineSnapshot(`
      [
        "16:7: devices.denied[0]: Acme ends only all sessions of a user at once, so one device can't be signed out",
        "14:7: devices.allowed[0]: Acme ends only all sessions of a user at once, so one device can't be signed out",
        "6:15: sessions.maxPerUser: Acme ends only all sessions of a user at once, so none could stay",
      ]
    `);
  });

  it("that tells neither moments nor devices holds locks and numbers", () => {
    expect(refused(EVERY, SILENT)).toMatchInlineSnapshot(`
      [
        "16:7: devices.denied[0]: Acme tells nothing of a session's device",
        "14:7: devices.allowed[0]: Acme tells nothing of a session's device",
        "4:11: sessions.maxAge: Acme does not tell when a session signed in",
        "7:14: sessions.notBefore: Acme does not tell when a session signed in",
        "5:12: sessions.maxIdle: Acme does not tell when a session was last used",
        "20:26: groups.crew.sessions.maxIdle: Acme does not tell when a session was last used",
      ]
    `);
  });

  it("that tells the use of a session by the day holds no shorter idleness, and names what a device rule may name", () => {
    expect(refused(EVERY, COARSE)).toMatchInlineSnapshot(`
      [
        "16:7: devices.denied[0]: Acme does not tell which device a session is on",
        "14:19: devices.allowed[0].platform: Acme does not tell it of a session: give userAgent",
        "14:35: devices.allowed[0].container: Acme does not tell it of a session: give userAgent",
        "20:26: groups.crew.sessions.maxIdle: Acme notes the use of a session every 1 day only: give more than that",
      ]
    `);
  });

  it("that tells no fields of its users holds no group of those who have some", () => {
    const crew = `${HEAD}groups:\n  crew: { where: { team: red }, sessions: { maxAge: 1d } }\n`;
    expect(refused(crew, BARE)).toEqual([
      "4:11: groups.crew.where: Acme tells no fields of its users: list them",
    ]);
  });
});
