/** `curfew enroll USER`: what a first sign-in needs, for the support desk: a token that signs a device in, or a code that is sent. */
import { Command } from "commander";
import { renderUnicodeCompact } from "uqr";
import { UsageError } from "../../errors.ts";
import type { Sink } from "../../inventory/read.ts";
import { NO_PROFILES, userOf } from "../../inventory/user.ts";
import { thisHolder } from "../../ledger/lease/process.ts";
import { emptyMemory } from "../../ledger/state.ts";
import type { User, UserRecord } from "../../model/inventory.ts";
import type { Policy } from "../../model/policy.ts";
import type { Provider } from "../../model/ports.ts";
import type { Instant } from "../../model/vocabulary.ts";
import { rulebook } from "../../policy/effective.ts";
import { isCalled } from "../../policy/names.ts";
import { capabilitiesOf } from "../../providers/catalog.ts";
import { printable } from "../../text/safe.ts";
import { moment } from "../../text/words.ts";
import { iso } from "../../time.ts";
import { countdown } from "../countdown.ts";
import type { Io } from "../io.ts";
import { type Door, debugOption, formatOption, ledgerOption, opened } from "../options.ts";
import { readAll } from "../sources.ts";
import { oneTarget } from "../targets.ts";

interface EnrollOptions {
  target?: string;
  ledger?: string;
  format: "text" | "json";
  yes?: true;
  debug?: true;
}

/** Whom it was made for. `expiresAt` is ISO 8601. */
interface Made {
  target: string;
  user: string;
  name: string | null;
  expiresAt: string;
}

/** What `--format json` prints of a token. */
type Token = { format: "curfew/token/1"; token: string; url: string } & Made;
/** What `--format json` prints of a one-time code, which is nowhere here. */
type SentCode = { format: "curfew/code/1"; sent: "email" | "sms"; to: string } & Made;

/** What a provider makes, and the end of a sentence that says that it did not. */
type EnrolmentKind = "token" | "code";
const NONE: Record<EnrolmentKind, string> = { token: "no token is made", code: "no code is sent" };
/** A QR code of more text than that fits on no terminal. */
const LONGEST_CODE = 500;

const HELP = `
USER is an id, or a name where the policy identifies users by a field. Whoever has the token within its
five minutes is signed in as that user, so it asks first; a user who is locked gets none. The audit log
tells who asked for it, never the token itself: \`curfew history --user USER\`. A Slingr app sends the
user a one-time code instead, by e-mail or SMS, and Curfew never sees it.

Example:
  curfew enroll jane.doe@acme.example policies/production.yaml`;

export function enrollCommand({ io }: Door): Command {
  return new Command("enroll")
    .description(
      "make what a first sign-in needs: a temporary token as a URL and a QR code, or a code that is sent",
    )
    .argument("<user>", "the id or name of one user")
    .argument("[path...]", "policy files or folders (default: policies)")
    .option("--target <name>", "the target, where there are several")
    .addOption(ledgerOption())
    .option("--yes", "do not ask")
    .addOption(debugOption())
    .addOption(formatOption(["text", "json"]))
    .addHelpText("after", HELP)
    .action(async (user: string, paths: string[], options: EnrollOptions) => {
      refuseEmpty(user, options);
      const at = io.now();
      const policy = await oneTarget({ paths, target: options.target, at }, "a token is for", io);
      const kind = kindOf(policy);
      refuse(kind, options, io);
      const made = await make(kind, user, policy, at, options, io);
      if (options.format === "json") {
        io.out(`${JSON.stringify(made, null, 2)}\n`);
        return;
      }
      io.out(told(made, io));
      if (io.watched && "token" in made)
        await countdown("The token ends", Date.parse(made.expiresAt), io);
    });
}

function refuseEmpty(user: string, { ledger }: EnrollOptions): void {
  if (user === "") throw new UsageError("the user is empty: give the id or name of one");
  if (ledger === "") throw new UsageError("--ledger is empty: name a folder or s3://bucket/prefix");
}

/** Throws UsageError where the provider has nothing for a first sign-in. */
function kindOf({ target }: Policy): EnrolmentKind {
  const { enroll, name, instead } = capabilitiesOf(target);
  if (enroll !== null) return enroll;
  const { file, line } = target.source;
  throw new UsageError(
    `${file}:${line}: ${name} makes neither a token nor a code for a first sign-in${instead.enroll === undefined ? "" : `: ${instead.enroll}`}`,
  );
}

function refuse(kind: EnrolmentKind, { yes }: EnrollOptions, io: Io): void {
  if (io.env.CI && kind === "token") {
    throw new UsageError(
      "a CI log would keep the token for all who read it: run enroll at a terminal",
    );
  }
  if (yes || io.ask !== null) return;
  const what = kind === "token" ? "makes a token" : "sends a code";
  throw new UsageError(`enroll asks before it ${what}, and nobody can answer here: add --yes`);
}

async function make(
  kind: EnrolmentKind,
  asked: string,
  policy: Policy,
  at: Instant,
  options: EnrollOptions,
  io: Io,
): Promise<Token | SentCode> {
  await using open = await opened(policy, options, io);
  const { provider, ledger } = open;
  const user = await find(asked, NONE[kind], policy, at, provider, io);
  refuseLocked(user, NONE[kind], policy, at);
  const name = user.name === user.id ? null : user.name;
  if (!options.yes) await agree(kind, user, policy, io);
  const id = io.runId(at);
  const { target, commit } = policy;
  const by = thisHolder(id);
  await ledger.token({ id, at, user: user.id, name, target: target.name, commit, by });
  // It lives from a moment after this one.
  const before = io.now();
  const made = await provider.enroll(user.id);
  const expiresAt = iso(before + made.lives);
  const whose = { target: target.name, user: user.id, name };
  if ("token" in made) {
    const { token, url } = made;
    return { format: "curfew/token/1", ...whose, token, url, expiresAt };
  }
  const { sent, to } = made;
  return { format: "curfew/code/1", ...whose, sent, to, expiresAt };
}

async function agree(kind: EnrolmentKind, user: User, { target }: Policy, io: Io): Promise<void> {
  const what =
    kind === "token"
      ? `Make a token that signs a device in as ${called(user)}`
      : `Send a code that signs in as ${called(user)}`;
  const question = `${what} at ${printable(target.name)}? Only "yes" is taken as agreement: `;
  if ((await io.ask?.(question)) === "yes") return;
  throw new UsageError(
    `not agreed to: no ${kind === "token" ? "token was made" : "code was sent"}`,
  );
}

// ---------------------------------------------------------------- whom it is for

/** Throws UsageError where there is no such user, or more than one. */
async function find(
  asked: string,
  none: string,
  policy: Policy,
  at: Instant,
  provider: Provider,
  io: Io,
): Promise<User> {
  const records =
    policy.target.identify === null
      ? await byId(asked, provider)
      : await named(asked, policy, at, provider, io);
  const [record, another] = records;
  if (!record) throw new UsageError(`${policy.target.name} has no user ${asked}: ${none}`);
  if ("unreadable" in record) {
    throw new UsageError(
      `the record of ${asked} is of an unknown shape (${record.unreadable.field}), so it can't be told whether the user is locked: ${none}`,
    );
  }
  if (another || (record.user.ambiguous && record.user.id !== asked)) {
    throw new UsageError(`${asked} is the name of several users: give the id of one`);
  }
  return record.user;
}

async function byId(asked: string, provider: Provider): Promise<UserRecord[]> {
  const account = await provider.user(asked);
  return account === null ? [] : [userOf(account, NO_PROFILES, null)];
}

/** Everybody is read, since only then a name is known to be one user's. */
async function named(
  asked: string,
  policy: Policy,
  at: Instant,
  provider: Provider,
  io: Io,
): Promise<UserRecord[]> {
  const matching = (): Sink & { found: UserRecord[] } => {
    const found: UserRecord[] = [];
    return {
      found,
      add(record) {
        const is = "user" in record ? isCalled(asked, record.user) : record.unreadable.id === asked;
        if (is) found.push(record);
      },
    };
  };
  const known = { policy, at, memory: emptyMemory() };
  const { sinks } = await readAll(known, provider, io, () => ({ named: matching() }));
  return sinks.named.found;
}

/** Throws UsageError, with the line of policy where that is what locks. */
function refuseLocked(user: User, none: string, policy: Policy, at: Instant): void {
  const [entry] = rulebook(policy).forUser(user, at).locked;
  const None = `N${none.slice(1)}`;
  if (entry) {
    const { file, line } = entry.source;
    const ticket = entry.ticket === undefined ? "" : ` (${entry.ticket})`;
    throw new UsageError(
      `${file}:${line}: the policy locks ${called(user)}: ${entry.reason}${ticket}. ${None}; if the user is to have access again, change this entry first`,
    );
  }
  if (!user.locked) return;
  throw new UsageError(
    `${called(user)} is locked at ${policy.target.name}, and not by this policy. ${None}; find out who locked the user and why`,
  );
}

function called({ id, name }: Pick<User, "id" | "name">): string {
  return name === null || name === id ? printable(id) : `${printable(name)} (${printable(id)})`;
}

// ---------------------------------------------------------------- what is shown

function told(made: Token | SentCode, io: Io): string {
  const { target, expiresAt, user: id, name } = made;
  if ("sent" in made) {
    const by = made.sent === "email" ? "by e-mail" : "by SMS";
    return `A one-time code was sent to ${printable(made.to)} ${by}. It can be used until ${moment(expiresAt)}, by ${called({ id, name })} at ${printable(target)}.
`;
  }
  const { token, url } = made;
  return `A token for ${called({ id, name })} at ${printable(target)}:

  ${printable(token)}
  ${printable(url)}

${code(url, io)}It works until ${moment(expiresAt)}. Whoever has it until then is signed in as this user.
`;
}

/** The URL as a QR code, where it fits. */
function code(url: string, io: Io): string {
  if (url.length > LONGEST_CODE) return "";
  const lines = renderUnicodeCompact(url, { border: 2 }).split("\n");
  if ((lines[0]?.length ?? 0) > io.width) {
    return "(A QR code does not fit in this terminal: make it wider.)\n\n";
  }
  // White on black whatever the terminal's colours are: not every camera reads the inverse.
  const painted = io.colour ? lines.map((line) => `\u001b[97;40m${line}\u001b[0m`) : lines;
  return `${painted.join("\n")}\n\n`;
}
