/** `curfew ledger`: what Curfew remembers of a target: own locks, names, what failed, what is owed. Only reads the ledger. */
import { Command } from "commander";
import { UsageError } from "../../errors.ts";
import { EXIT } from "../../exit.ts";
import type { StoredLedger } from "../../ledger/ledger.ts";
import { nameOf } from "../../ledger/log/selection.ts";
import type { Policy } from "../../model/policy.ts";
import type { Failure, Memory } from "../../model/run.ts";
import type { Instant } from "../../model/vocabulary.ts";
import { ledgerToRead } from "../../parts.ts";
import { dueAgain } from "../../plan/brakes/failures.ts";
import { signInKey } from "../../plan/key.ts";
import { lineOfMet, nameKey, rememberedAs } from "../../policy/names.ts";
import { ledgersJson } from "../../report/machine/json.ts";
import { ledgerText } from "../../report/text/ledger.ts";
import { type LedgerReport, ledgerReport } from "../../report/told/ledger.ts";
import { printable } from "../../text/safe.ts";
import type { Io } from "../io.ts";
import { type Door, formatOption, ledgerOption, renderOptions, settingsOf } from "../options.ts";
import { onTargets } from "../targets.ts";

interface LedgerOptions {
  target?: string;
  ledger?: string;
  format: "text" | "json";
  user?: string;
}

const HELP = `
It reads the ledger alone, and needs no network and no credentials, but for those of a bucket.

Example:
  curfew ledger policies/production.yaml
  curfew ledger --user jane.doe@acme.example --format json`;

export function ledgerCommand(door: Door): Command {
  const { io } = door;
  return new Command("ledger")
    .description("list own locks, remembered names, what failed and waits, and what is owed")
    .argument("[path...]", "policy files or folders (default: policies)")
    .option("--target <name>", "only this target")
    .addOption(ledgerOption())
    .option("--user <user>", "only this user, by id or name")
    .addOption(formatOption(["text", "json"]))
    .addHelpText("after", HELP)
    .action(async (paths: string[], options: LedgerOptions) => {
      if (options.user === "") throw new UsageError("--user is empty: give the id or name of one");
      const at = io.now();
      await onTargets(
        door,
        { paths, target: options.target, at },
        {
          async work(policy) {
            return { result: await reportOf(policy, at, options, io), code: EXIT.done };
          },
          tell(all: LedgerReport[], several) {
            const how = renderOptions({}, several, io);
            if (options.format === "json") io.out(ledgersJson(all, several));
            else io.out(all.map((one) => ledgerText(one, how)).join("\n"));
          },
        },
      );
    });
}

async function reportOf(
  policy: Policy,
  at: Instant,
  { user, ...options }: LedgerOptions,
  io: Io,
): Promise<LedgerReport> {
  const ledger = ledgerToRead(policy, settingsOf(options, io));
  const { target } = policy;
  const memory = await ledger.recall();
  const damage = ledger.damage();
  if (damage !== null) io.err(`warning: ${printable(damage)}\n`);
  const logged = await namesIn(ledger);
  const ids = () =>
    new Set([
      user ?? "",
      ...rememberedAs(user ?? "", memory.met, target.identify),
      ...idsIn(logged, user ?? ""),
    ]);
  return ledgerReport(memory, {
    ...{ target: target.name, place: ledger.place, at },
    asked: user === undefined ? null : { user, ids: ids() },
    locks: await ledger.locks(),
    ...logged,
    lineOf: lineOfMet,
    nextOf: nextOf(memory, at),
  });
}

/** The names of users and the users of sessions, as the audit log tells them last. */
export async function namesIn(ledger: StoredLedger) {
  const named = new Map<string, string>();
  const userOf = new Map<string, string>();
  for await (const line of ledger.audit()) {
    if (!("user" in line) || line.user === null) continue;
    const name = nameOf(line);
    if (name !== null) named.set(line.user, name);
    if ("session" in line && line.session !== null) userOf.set(line.session, line.user);
    // A lock tells its sessions, also those that are wiped later.
    if (line.kind === "intent")
      for (const session of Object.keys({ ...line.wipes, ...line.ends }))
        userOf.set(session, line.user);
  }
  return { nameOf: named, userOf };
}

/** The ids of those whom the audit log last called so. */
export function idsIn({ nameOf: named }: { nameOf: Map<string, string> }, asked: string): string[] {
  return [...named].filter(([, name]) => nameKey(name) === nameKey(asked)).map(([id]) => id);
}

function nextOf({ attempts }: Memory, at: Instant): (failure: Failure) => Instant {
  const counts = new Map(attempts.map((attempt) => [signInKey(attempt), attempt.counts]));
  return (failure) => dueAgain(failure, at, counts.get(signInKey(failure)) ?? "limit");
}
