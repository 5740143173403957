/** Platforms that no active session has, and a list of devices that none is on. */
import { expect, test } from "vitest";
import type { Session } from "../../src/model/inventory.ts";
import { devicesMeter } from "../../src/plan/devices-met.ts";
import { type SessionParts, sessionOf } from "../kit/builders.ts";
import { loadOne } from "../policy/helpers.ts";

const session = (platform: string | null, more: SessionParts = {}): Session =>
  sessionOf("s1", { platform, container: null, runtime: null, bundleId: null, ...more });

async function told(allowed: string, ...sessions: Session[]) {
  const meter = devicesMeter(await loadOne(`devices:\n  allowed:\n${allowed}`));
  for (const one of sessions) meter.see({ sessions: [one] });
  return meter
    .notices()
    .map(({ kind, user, line, message }) => [kind, user, line, message.slice(0, 54)]);
}

const HARMONY = "    - platform: HARMONY\n";
const BOTH = `    - platform: android\n${HARMONY}`;

test("a platform that no active session has", async () => {
  const row = ["unknown-user", null, 10, "devices.allowed names the platform HARMONY, and no act"];
  expect(await told(BOTH, session("ANDROID"))).toEqual([row]);
  expect(await told(BOTH, session("ANDROID"), session("HARMONY", { state: "ended" }))).toEqual([
    row,
  ]);
  expect(await told(BOTH, session("ANDROID"), session("harmony"))).toEqual([]);
});

test("a list that no active session is on", async () => {
  const messages = (await told(`${HARMONY}    - label: "Zebra*"\n`, session("IOS"))).map(
    ([, , , message]) => message,
  );
  expect(messages).toEqual([
    "no active session is on a device that devices.allowed ",
    "devices.allowed names the platform HARMONY, and no act",
  ]);
  expect(await told(HARMONY, session("IOS"))).toHaveLength(1);
  const label = '    - label: "Zebra*"\n';
  expect(await told(label, session("IOS", { label: "iPad" }))).toHaveLength(1);
  expect(
    await told(label, session("IOS", { label: "iPad" }), session(null, { label: "Zebra 1" })),
  ).toEqual([]);
});

test("nothing where nobody is signed in, or any device is allowed", async () => {
  expect(await told(HARMONY)).toEqual([]);
  expect(await told(HARMONY, session("IOS", { state: "ended" }))).toEqual([]);
  const meter = devicesMeter(await loadOne("sessions: { maxAge: 1d }\n"));
  meter.see({ sessions: [session("IOS")] });
  expect(meter.notices()).toEqual([]);
});
