// @module-tag slow
/** A run that was ended in the midst of its writes: the next one's report and the history tell what became of each. */
import { expect, it } from "vitest";
import { auditOf } from "./apply.ts";
import { busy, type Child, cli, kill } from "./child.ts";
import { ALL, apply, held, LEFT, lastLine } from "./held.ts";

/** In one line, with RUN for each run's id. */
const told = ({ out }: Child) =>
  out.replace(/\d{8}T\d{9}Z-[0-9a-f]{8}/g, "RUN").replace(/\s+/g, " ");

async function ran(child: Child, code = 0): Promise<string> {
  expect(await child.ended, child.err).toBe(code);
  return told(child);
}

it("of writes that took effect and were not answered, but for one", async () => {
  const { sandbox, job, doors, child } = await held({ after: true });
  const written = () => sandbox.counters.operations["users/sessions/re-authenticate"] ?? 0;
  await busy(child, () => written() === ALL - LEFT);
  await kill(child);
  // As if this one had not been done.
  sandbox.update("u0007", (user) => {
    user.enrolled = true;
    for (const session of user.sessions) session.state = "ENROLLED";
  });
  const before = await ran(cli(job.cwd, "history", job.policy));
  expect(before).toContain("No outcome known, may have taken effect: 1,000 re-authenticate");
  expect(before).toContain(
    "It has not ended: it is at work, or it died and the next run finds out.",
  );

  const left = "1,000 of its actions had no outcome: 999 done, 1 not done.";
  const plan = await ran(cli(job.cwd, "plan", job.policy), 2);
  expect(plan).toMatch(
    / Run RUN, begun on \S+ \S+ UTC, has not ended: it died, or is still at work\. /,
  );
  expect(plan).toContain(left);

  doors.open();
  const next = apply(job);
  expect(await ran(next)).toMatch(new RegExp(` Run RUN, begun on \\S+ \\S+ UTC, died. ${left}`));
  expect(lastLine(next)).toContain(`Applied ${LEFT + 1} of ${LEFT + 1}.`);
  const shown = (await auditOf(job)).filter(({ kind }) => kind === "found");
  expect(shown).toHaveLength(ALL - LEFT);

  const history = await ran(cli(job.cwd, "history", job.policy));
  expect(history).not.toContain("No outcome known");
  expect(history).toContain("found done by a later run: 999 re-authenticate");
  expect(history).toMatch(
    /found not done by a later run: 1 re-authenticate ~ u0007 Phone of u0007 Run RUN found it not done on/,
  );
  expect(history).toMatch(/It died, as RUN found on/);

  // Told once.
  expect(await ran(apply(job))).toMatch(/^Plan for production/);
});
