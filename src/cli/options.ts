/** The options that the commands about targets share. */
import { relative, sep } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { UsageError } from "../errors.ts";
import type { Policy } from "../model/policy.ts";
import type { Instant } from "../model/vocabulary.ts";
import {
  type Opened,
  openLedgerOf,
  openTarget,
  type RequestEvent,
  type Settings,
} from "../parts.ts";
import { parseInstant } from "../policy/values/instant.ts";
import type { Format } from "../report/formats.ts";
import type { RenderOptions } from "../report/renderer.ts";
import { repositoryOf } from "../report/told/links.ts";
import { printable } from "../text/safe.ts";
import type { Io } from "./io.ts";

/** What main.ts gives to every command; `exit` sets the exit code of the process. */
export interface Door {
  io: Io;
  exit(code: number): void;
}

export interface TargetOptions {
  target?: string;
  ledger?: string;
  format: Format;
  all?: true;
  debug?: true;
  strict?: true;
}

/** A command with the options of all commands that read a target. */
export function targetCommand(
  name: string,
  description: string,
  formats: readonly string[],
): Command {
  return new Command(name)
    .description(description)
    .argument("[path...]", "policy files or folders (default: policies)")
    .option("--target <name>", "only this target")
    .addOption(ledgerOption())
    .addOption(formatOption(formats));
}

export function ledgerOption(): Option {
  const what = "a folder or s3://bucket/prefix (default: CURFEW_LEDGER, or .curfew beside .git)";
  return new Option("--ledger <place>", what);
}

export function strictOption(): Option {
  const what = "exit with 1, too, where the policy names unknown users, or holds what is over";
  return new Option("--strict", what);
}

export function formatOption(formats: readonly string[]): Option {
  return new Option("--format <format>", "how to report").choices(formats).default("text");
}

export function debugOption(): Option {
  return new Option("--debug", "print every request to the target on standard error");
}

/** Of the commands that may work on several targets at once. */
export function parallelOption(): Option {
  const what = "work on so many targets at once; what is printed comes one after the other";
  return new Option("--parallel <n>", what).argParser(atOnce).default(1);
}

const MOST_AT_ONCE = 64;

function atOnce(text: string): number {
  const n = /^\d{1,2}$/.test(text) ? Number(text) : 0;
  if (n >= 1 && n <= MOST_AT_ONCE) return n;
  throw new InvalidArgumentError(`It takes a whole number from 1 to ${MOST_AT_ONCE}.`);
}

/** A moment on the command line: an instant with an offset, or a date (its start in UTC). */
export function moment(text: string): Instant {
  const at = parseInstant(text, "start");
  if (at !== null) return at;
  throw new InvalidArgumentError(
    "It takes a date or an instant with an offset, such as 2026-12-01T06:00:00Z.",
  );
}

/** What parts.ts needs to know of the command line and of the world. Throws UsageError for an empty --ledger. */
export function settingsOf(
  options: { ledger?: string; debug?: true },
  io: Io,
  target?: string,
): Settings {
  if (options.ledger === "")
    throw new UsageError("--ledger is empty: name a folder or s3://bucket/prefix");
  return {
    env: io.env,
    cwd: io.cwd,
    ledger: options.ledger ?? (io.env.CURFEW_LEDGER || null),
    onSecret: io.hide,
    onWarning: (message) => io.err(`warning: ${printable(message)}\n`),
    ...(options.debug && { onRequest: (event) => io.err(requestLine(event, target)) }),
  };
}

/** `debug: production: GET users?limit=1000&skip=0: 200, 35 ms, try 1`. `io` takes secrets out. */
function requestLine(
  { method, path, status, duration, attempt }: RequestEvent,
  target: string | undefined,
): string {
  const whose = target === undefined ? "" : `${target}: `;
  const told = `${status ?? "no answer"}, ${Math.round(duration)} ms, try ${attempt}`;
  return `${printable(`debug: ${whose}${method} ${path}: ${told}`)}\n`;
}

/** Opens a target and its ledger, as the options say. */
export function opened(
  policy: Policy,
  options: { ledger?: string; debug?: true },
  io: Io,
): Promise<Opened> {
  const settings = settingsOf(options, io, policy.target.name);
  return openTarget(policy, settings, openLedgerOf(policy, settings));
}

export function renderOptions(options: { all?: true }, several: boolean, io: Io): RenderOptions {
  const { colour, width } = io;
  const links = { repository: repositoryOf(io.env), folder: folderOf(io) };
  return { colour, width, all: options.all === true, several, ...links };
}

/** Prints a report. Only those of the format `github` hold orders to the runner. */
export function print(format: string, report: string, io: Io): void {
  if (format === "github") io.orders(report);
  else io.out(report);
}

/** How the working folder is named from the top of GitHub's checkout: "", or with a slash at its end. */
export function folderOf({ env, cwd }: Io): string {
  const way = env.GITHUB_WORKSPACE ? relative(env.GITHUB_WORKSPACE, cwd) : "";
  return way === "" || way.startsWith("..") ? "" : `${way.split(sep).join("/")}/`;
}
