/** An apply that is caught in the midst of writing. */
import { onTestFinished } from "vitest";
import { type Sandbox, startSandbox } from "../../src/providers/journeyapps/sandbox/sandbox.ts";
import { project, user } from "../cli/world.ts";
import { type Job, TOKEN } from "./apply.ts";
import { busy, type Child, cli } from "./child.ts";
import { type Gate, gate } from "./gate.ts";

/** What an apply says that was asked to stop, and that was asked again. */
export const HEARD = "Interrupted: nothing is sent after the batch under way.";
export const AGAIN = "Interrupted once more";
/** A batch takes a thousand actions. */
export const ALL = 1003;
export const LEFT = 3;

export interface Held {
  sandbox: Sandbox;
  job: Job;
  doors: Gate;
  child: Child;
}

/** Options of the gate, and how `curfew` is started. */
interface Holding {
  after?: boolean;
  start?: typeof cli;
}

/** An apply of more than a batch holds, whose first batch waits at a gate. */
export async function held({ start = cli, ...options }: Holding = {}): Promise<Held> {
  const estate = Array.from({ length: ALL }, (_, n) => user(`u${String(n).padStart(4, "0")}`, 41));
  const sandbox = await startSandbox({ estate, token: TOKEN });
  onTestFinished(() => sandbox.close());
  const doors = await gate(sandbox.url, options);
  const sections =
    "sessions: { maxAge: 30d }\nlimits: { re-authenticate: { max: 9000, percent: 100, perRun: 100 } }\n";
  const cwd = await project(doors.url, { sections });
  const job = { cwd, policy: "policies/production.yaml", writeSize: 1000 };
  const child = apply(job, start);
  await busy(child, () => doors.batches() > 0);
  return { sandbox, job, doors, child };
}

export function apply({ cwd, policy }: Job, start = cli): Child {
  return start(cwd, "apply", policy, "--yes");
}

export const lastLine = ({ out }: Child) =>
  out.trimEnd().split("\n\n").at(-1)?.replaceAll("\n", " ");
