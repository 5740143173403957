// @module-tag slow
/** `curfew forecast` as a process. */
import { expect, test } from "vitest";
import { DAY } from "../../src/time.ts";
import { curfew, stable } from "./run.ts";
import { project, sandbox, user, writes } from "./world.ts";

const SECTIONS = "sessions:\n  maxAge: 30d\n";

test("tells who falls due when, and writes nothing", async () => {
  const target = await sandbox({ estate: [user("ann", 41), user("bob", 27), user("cem", 28)] });
  const cwd = await project(target.url, { sections: SECTIONS });
  const ran = await curfew(cwd, ["forecast", "--days", "5", "--format", "json"]);
  expect(ran).toMatchObject({ code: 0, err: "" });
  const report = JSON.parse(ran.out);
  expect(report).toMatchObject({ format: "curfew/forecast/1", target: "production", user: null });
  expect(report.now).toMatchObject({ total: 1, first: [{ user: "ann" }] });
  expect(report.days).toHaveLength(5);
  const due = report.days.flatMap((day: { date: string; first: { user: string }[] }) =>
    day.first.map((one) => [one.user, Math.round((Date.parse(day.date) - Date.now()) / DAY)]),
  );
  expect(due.map(([name]: [string]) => name)).toEqual(["cem", "bob"]);
  expect(due[1][1] - due[0][1]).toBe(1);
  expect(writes(target)).toBe(0);

  const text = await curfew(cwd, ["forecast", "--days", "3", "--user", "cem"]);
  expect(text).toMatchObject({ code: 0, err: "" });
  expect(stable(text.out)).toMatch(/^Forecast for production\n/);
  expect(text.out).toMatch(/\n {2}user {8}cem\n/);
  expect(text.out).toMatch(/ █+ {2}1 to re-authenticate\n/);
  expect(text.out).toMatch(/1 {2}sessions\.maxAge {2}policies\/production\.yaml:8\n.*cem {2}Phone/);
  expect(text.out).toContain("1 falls due in 3 days");
});

test("works on a saved inventory, at any moment, and names who is close to an unknown user", async () => {
  const target = await sandbox();
  const cwd = await project(target.url, { sections: SECTIONS });
  await curfew(cwd, ["inventory", "--out", "inventory.jsonl"]);
  await target.close();
  const away = { env: { TOKEN: undefined } };
  const on = ["forecast", "--inventory", "inventory.jsonl"];
  const [later, close, far, days, markdown] = await Promise.all([
    curfew(cwd, [...on, "--at", "2100-01-01T00:00:00Z", "--days", "1", "--format", "json"], away),
    curfew(cwd, [...on, "--user", "Anne"], away),
    curfew(cwd, [...on, "--user", "somebody"], away),
    curfew(cwd, [...on, "--days", "0"], away),
    curfew(cwd, [...on, "--format", "markdown"], away),
  ]);
  expect(later).toMatchObject({ code: 0, err: "" });
  expect(JSON.parse(later.out)).toMatchObject({
    from: "2100-01-01T00:00:00Z",
    now: { total: 3 },
    days: [{ date: "2100-01-01", total: 0 }],
  });
  expect(close).toEqual({
    code: 1,
    out: "",
    err: 'error: production has no user Anne: did you mean "ann"? Give the id of one user, in the same letters\n',
  });
  expect(far.err).toBe(
    "error: production has no user somebody: give the id of one user, in the same letters\n",
  );
  expect(days).toMatchObject({ code: 1, out: "" });
  expect(days.err).toMatch(/^error: option '--days <n>' .*from 1 to 366\.\n/);
  expect(markdown).toMatchObject({ code: 0, err: "" });
  expect(markdown.out).toMatch(/^### Curfew forecast for production, 30 days\n/);
});
