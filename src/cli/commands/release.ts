/** `curfew release USER`: gives an own lock up, so that it is foreign. Writes the ledger, and nothing to the backend. */
import { Command } from "commander";
import { UsageError } from "../../errors.ts";
import { bearers } from "../../inventory/asked.ts";
import { thisHolder } from "../../ledger/lease/process.ts";
import type { StoredLedger } from "../../ledger/ledger.ts";
import type { Policy } from "../../model/policy.ts";
import type { Instant } from "../../model/vocabulary.ts";
import { openLedgerOf, takeLease } from "../../parts.ts";
import { rememberedAs } from "../../policy/names.ts";
import { jsonReport } from "../../text/escape.ts";
import { printable } from "../../text/safe.ts";
import { moment } from "../../text/words.ts";
import { iso } from "../../time.ts";
import type { Io } from "../io.ts";
import { type Door, formatOption, ledgerOption, opened, settingsOf } from "../options.ts";
import { oneTarget } from "../targets.ts";
import { idsIn, namesIn } from "./ledger.ts";

interface ReleaseOptions {
  target?: string;
  ledger?: string;
  format: "text" | "json";
}

/** What `--format json` prints. Moments are ISO 8601; `line`: the line of the audit log that had made the lock ours. */
interface Released {
  format: "curfew/released/1";
  target: string;
  user: string;
  name: string | null;
  since: string;
  line: number;
}

const HELP = `
USER is an id, or with target.identify a name, of now or as the ledger remembers it: then the backend is asked
who has it. Nothing is written to the backend: the user stays locked, and Curfew lifts that lock no more.
\`curfew ledger\` lists the own locks; \`curfew history\` shows who gave one up.

Example:
  curfew release jane.doe@acme.example policies/production.yaml`;

export function releaseCommand({ io }: Door): Command {
  return new Command("release")
    .description("give an own lock up: it becomes foreign, and Curfew no longer lifts it")
    .argument("<user>", "the id or name of one user")
    .argument("[path...]", "policy files or folders (default: policies)")
    .option("--target <name>", "the target, where there are several")
    .addOption(ledgerOption())
    .addOption(formatOption(["text", "json"]))
    .addHelpText("after", HELP)
    .action(async (user: string, paths: string[], options: ReleaseOptions) => {
      if (user === "") throw new UsageError("the user is empty: give the id or name of one");
      const at = io.now();
      const about = { paths, target: options.target, at };
      const policy = await oneTarget(about, "a lock is given up at", io);
      const released = await release(user, policy, at, options, io);
      io.out(options.format === "json" ? jsonReport(released) : told(released));
    });
}

async function release(
  asked: string,
  policy: Policy,
  at: Instant,
  options: ReleaseOptions,
  io: Io,
): Promise<Released> {
  const { target, commit } = policy;
  const ledger = openLedgerOf(policy, settingsOf(options, io));
  const id = io.runId(at);
  await using lease = await takeLease(ledger, id);
  const { user, name } = await find(asked, policy, ledger, options, io);
  const lock = (await ledger.locks())[user];
  if (lock === undefined) {
    const who = user === asked ? printable(asked) : `${printable(asked)} (${printable(user)})`;
    throw new UsageError(
      `${target.name} has no lock of ours on ${who}, so there is none to give up: \`curfew ledger\` lists those that are`,
    );
  }
  lease.check();
  const by = thisHolder(id);
  await ledger.release({ id, at, user, name, target: target.name, commit, by });
  const since = iso(lock.since);
  return {
    ...{ format: "curfew/released/1", target: target.name },
    ...{ user, name, since, line: lock.line },
  };
}

/** Throws UsageError where several users are or were called so. Somebody without a lock of ours may come back. */
async function find(
  asked: string,
  policy: Policy,
  ledger: StoredLedger,
  options: ReleaseOptions,
  io: Io,
): Promise<{ user: string; name: string | null }> {
  const logged = await namesIn(ledger);
  const named = (user: string) => ({ user, name: logged.nameOf.get(user) ?? null });
  const { identify } = policy.target;
  // An id that has a lock of ours is meant, whatever else it may be.
  if (identify === null || Object.hasOwn(await ledger.locks(), asked)) return named(asked);
  const ids = rememberedAs(asked, (await ledger.recall()).met, identify);
  await using target = await opened(policy, options, io);
  for (const id of await bearers(target.provider, identify, asked)) ids.add(id);
  if (ids.size === 0) for (const id of idsIn(logged, asked)) ids.add(id);
  const [first = asked, ...others] = ids;
  if (others.length === 0) return named(first);
  throw new UsageError(
    `${asked} is or was the name of several users: give the id of one, such as ${[first, ...others].slice(0, 5).join(", ")}`,
  );
}

function told({ target, user, name, since, line }: Released): string {
  const who =
    name === null || name === user ? printable(user) : `${printable(name)} (${printable(user)})`;
  return (
    `The lock of ${who} at ${printable(target)} was ours since ${moment(since)} (line ${line} of the log), and is ours no more.\n` +
    "The user stays locked: Curfew lifts that lock no more. To take it back, list the user in users.locked with `adopt: true`.\n"
  );
}
