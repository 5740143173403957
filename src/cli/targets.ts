/** Loads the policies that a command names and works on one target after the other; one that fails stops no other. */
import { loadPolicies } from "../checkout/load.ts";
import { CurfewError, NoSuchUserError, PolicyError, UsageError } from "../errors.ts";
import { EXIT, worst } from "../exit.ts";
import type { Policy } from "../model/policy.ts";
import type { Instant } from "../model/vocabulary.ts";
import { inPool } from "../pool.ts";
import type { Missing } from "../report/told/missing.ts";
import { printable } from "../text/safe.ts";
import type { Io } from "./io.ts";
import type { Door } from "./options.ts";
import { inTurns } from "./turns.ts";

/** Where policies are, where nobody says. */
export const DEFAULT_PATH = "policies";

/** Which targets a command is about, at which moment. */
export interface About {
  paths: readonly string[];
  /** The name of the only one; absent: all. */
  target: string | undefined;
  at: Instant;
  /** How many targets are worked on at once; one where absent. */
  parallel?: number;
}

/** What a command does on each target, and how it tells what came of all. */
export interface Job<T> {
  /** Gives a result and an exit code. `io` is this target's: what is told there comes in its turn. */
  work(policy: Policy, io: Io): Promise<{ result: T; code: number }>;
  /**
   * Of the targets that worked, where any did. `several`: whether several were asked for, also where only one worked.
   * `missing`: those that did not work.
   */
  tell(results: T[], several: boolean, missing: readonly Missing[]): void | Promise<void>;
  /** Whether it tells also where no target worked. */
  tellsNone?: boolean;
  /** Leaves policies out. */
  choose?(policies: Policy[]): Policy[];
}

/** Works, sets the exit code, and tells. Throws PolicyError and UsageError before any target is touched. */
export async function onTargets<T>(
  { io, exit }: Door,
  { paths, target, at, parallel = 1 }: About,
  { work, tell: report, tellsNone = false, choose = (all) => all }: Job<T>,
): Promise<void> {
  const policies = choose(pick(await load(paths, at, io), target));
  const several = policies.length > 1;
  const results: T[] = [];
  const missing: Missing[] = [];
  const codes: number[] = [];
  const lacking: { name: string; error: NoSuchUserError }[] = [];
  const turns = inTurns(io, policies.length, parallel > 1);
  const ended = await inPool(policies, parallel, async (policy, n) => {
    const { io, end } = turns(n);
    const { name } = policy.target;
    try {
      return await work(policy, io);
    } catch (error) {
      if (error instanceof NoSuchUserError) return { lacks: { name, error } };
      const code = tell(error, io, several ? name : null);
      return { code, misses: { target: name, message: messageOf(error), code } };
    } finally {
      end();
    }
  });
  for (const one of ended) {
    if ("lacks" in one) lacking.push(one.lacks);
    else codes.push(one.code);
    if ("result" in one) results.push(one.result);
    if ("misses" in one) missing.push(one.misses);
  }
  // Who is asked for is looked for in every target: an error only where none has that user.
  for (const { name, error } of lacking) {
    if (codes.length === 0) tell(error, io, several ? name : null);
    else io.err(`${printable(name)} has no such user: left out\n`);
  }
  exit(worst(codes.length === 0 ? lacking.map(({ error }) => error.exitCode) : codes));
  if (codes.length === 0) return;
  if (results.length > 0 || tellsNone) await report(results, several, missing);
}

/** The policy of the one target that a command is about; `what` begins the error where there are several: `a token is for`. */
export async function oneTarget(
  { paths, target, at }: About,
  what: string,
  io: Io,
): Promise<Policy> {
  const [policy, another] = pick(await load(paths, at, io), target);
  if (policy && !another) return policy;
  throw new UsageError(`${what} one target: name it with --target`);
}

/** The policies of `paths`, or of the folder `policies`. */
export function load(paths: readonly string[], at: Instant, io: Io): Promise<Policy[]> {
  if (paths.includes("")) throw new UsageError("a path is empty: name a policy file or a folder");
  const where = paths.length > 0 ? [...paths] : [DEFAULT_PATH];
  const onWarning = (message: string) => io.err(`warning: ${printable(message)}\n`);
  return loadPolicies(where, { cwd: io.cwd, at, onWarning });
}

/** The policies for the target of that name, or all. */
export function pick(policies: Policy[], name: string | undefined): Policy[] {
  if (name === undefined) return policies;
  const found = policies.filter((policy) => policy.target.name === name);
  if (found.length > 0) return found;
  const known = policies.map((policy) => policy.target.name).join(", ");
  throw new UsageError(`no policy has the target ${name}: there is ${known}`);
}

/** Line by line, without what a terminal would act on. */
function onTerminal(text: string): string {
  return text.split("\n").map(printable).join("\n");
}

/** What a report says of an error; of a bug, that it is one. */
function messageOf(error: unknown): string {
  if (error instanceof CurfewError) return error.message;
  const what = error instanceof Error ? error.message : String(error);
  return `this is a bug in Curfew: ${what}`;
}

/** Prints an error and gives its exit code. What is not one of ours is a bug and shows its stack. */
export function tell(error: unknown, io: Io, target: string | null = null): number {
  if (error instanceof PolicyError) {
    const n = error.problems.length;
    io.err(
      `${onTerminal(error.message)}\n${n} ${n === 1 ? "error" : "errors"}: nothing was done.\n`,
    );
    return error.exitCode;
  }
  if (error instanceof CurfewError) {
    const about = target === null || error.message.includes(target) ? "" : `${target}: `;
    io.err(`error: ${onTerminal(about + error.message)}\n`);
    return error.exitCode;
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  io.err(`This is a bug in Curfew; please report it with these lines:\n${stack}\n`);
  return EXIT.error;
}
