// @module-tag slow
/** Ten thousand users: what is held at once does not grow with them. */
import { expect, test } from "vitest";
import { checkout, open, service } from "./stage.ts";

test("ten thousand users come page by page, each asked for just before it is given", async () => {
  const sandbox = await service({ users: 10_000 });
  const { cwd, register } = checkout();
  await sandbox.writeRegister(register, { as: "jwt" });
  const lines = await sandbox.register();
  const { provider, events } = open(sandbox, { cwd }, { target: { requestsPerSecond: 100_000 } });
  const counted = { users: 0, sessions: 0 };
  for await (const page of provider.users()) {
    const tokens = page.objects.map((one) => ("user" in one ? one.user.sessions.length : 0));
    counted.users += page.objects.length;
    counted.sessions += tokens.reduce((sum, next) => sum + next, 0);
    expect(page.objects.length).toBeLessThanOrEqual(100);
    // The made-up tokens beside them: nothing is asked ahead.
    expect(events.length).toBe(counted.sessions + 2);
  }
  expect(counted).toEqual({
    users: new Set(lines.map((l) => l.user)).size,
    sessions: lines.length,
  });
});
