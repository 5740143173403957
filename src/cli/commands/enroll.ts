/** `curfew enroll USER`: a temporary token that signs a device in, for the support desk. */
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
import { printable } from "../../text/safe.ts";
import { moment } from "../../text/words.ts";
import { iso, MINUTE } from "../../time.ts";
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

/** What `--format json` prints. `expiresAt` is ISO 8601. */
interface Token {
  format: "curfew/token/1";
  target: string;
  user: string;
  name: string | null;
  token: string;
  url: string;
  expiresAt: string;
}

/** As the vendor's documentation says. */
const LIVES = 5 * MINUTE;
/** A QR code of more text than that fits on no terminal. */
const LONGEST_CODE = 500;

const HELP = `
USER is an id, or a name where the policy identifies users by a field. Whoever has the token within its
five minutes is signed in as that user, so it asks first; a user who is locked gets none. The audit log
tells who asked for it, never the token itself: \`curfew history --user USER\`.

Example:
  curfew enroll jane.doe@acme.example policies/production.yaml`;

export function enrollCommand({ io }: Door): Command {
  return new Command("enroll")
    .description("make a temporary token that signs a device in as a user, as a URL and a QR code")
    .argument("<user>", "the id or name of one user")
    .argument("[path...]", "policy files or folders (default: policies)")
    .option("--target <name>", "the target, where there are several")
    .addOption(ledgerOption())
    .option("--yes", "do not ask")
    .addOption(debugOption())
    .addOption(formatOption(["text", "json"]))
    .addHelpText("after", HELP)
    .action(async (user: string, paths: string[], options: EnrollOptions) => {
      refuse(user, options, io);
      const at = io.now();
      const policy = await oneTarget({ paths, target: options.target, at }, "a token is for", io);
      const made = await makeToken(user, policy, at, options, io);
      if (options.format === "json") {
        io.out(`${JSON.stringify(made, null, 2)}\n`);
        return;
      }
      io.out(told(made, io));
      if (io.watched) await countdown("The token ends", Date.parse(made.expiresAt), io);
    });
}

function refuse(user: string, { ledger, yes }: EnrollOptions, io: Io): void {
  if (user === "") throw new UsageError("the user is empty: give the id or name of one");
  if (ledger === "") throw new UsageError("--ledger is empty: name a folder or s3://bucket/prefix");
  if (io.env.CI) {
    throw new UsageError(
      "a CI log would keep the token for all who read it: run enroll at a terminal",
    );
  }
  if (yes || io.ask !== null) return;
  throw new UsageError(
    "enroll asks before it makes a token, and nobody can answer here: add --yes",
  );
}

async function makeToken(
  asked: string,
  policy: Policy,
  at: Instant,
  options: EnrollOptions,
  io: Io,
): Promise<Token> {
  await using open = await opened(policy, options, io);
  const { provider, ledger } = open;
  const user = await find(asked, policy, at, provider, io);
  refuseLocked(user, policy, at);
  const name = user.name === user.id ? null : user.name;
  if (!options.yes) await agree(user, policy, io);
  const id = io.runId(at);
  const { target, commit } = policy;
  const by = thisHolder(id);
  await ledger.token({ id, at, user: user.id, name, target: target.name, commit, by });
  // It lives from a moment after this one.
  const expiresAt = iso(io.now() + LIVES);
  const made = await provider.enroll(user.id);
  if (!("token" in made)) throw new Error("a code was sent where a token was to be made");
  const { token, url } = made;
  const whose = { target: target.name, user: user.id, name };
  return { format: "curfew/token/1", ...whose, token, url, expiresAt };
}

async function agree(user: User, { target }: Policy, io: Io): Promise<void> {
  const question = `Make a token that signs a device in as ${called(user)} at ${printable(target.name)}? Only "yes" is taken as agreement: `;
  if ((await io.ask?.(question)) === "yes") return;
  throw new UsageError("not agreed to: no token was made");
}

// ---------------------------------------------------------------- whom it is for

/** Throws UsageError where there is no such user, or more than one. */
async function find(
  asked: string,
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
  if (!record) throw new UsageError(`${policy.target.name} has no user ${asked}: no token is made`);
  if ("unreadable" in record) {
    throw new UsageError(
      `the record of ${asked} is of an unknown shape (${record.unreadable.field}), so it can't be told whether the user is locked: no token is made`,
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
function refuseLocked(user: User, policy: Policy, at: Instant): void {
  const [entry] = rulebook(policy).forUser(user, at).locked;
  if (entry) {
    const { file, line } = entry.source;
    const ticket = entry.ticket === undefined ? "" : ` (${entry.ticket})`;
    throw new UsageError(
      `${file}:${line}: the policy locks ${called(user)}: ${entry.reason}${ticket}. No token is made; if the user is to have access again, change this entry first`,
    );
  }
  if (!user.locked) return;
  throw new UsageError(
    `${called(user)} is locked at ${policy.target.name}, and not by this policy. No token is made; find out who locked the user and why`,
  );
}

function called({ id, name }: Pick<User, "id" | "name">): string {
  return name === null || name === id ? printable(id) : `${printable(name)} (${printable(id)})`;
}

// ---------------------------------------------------------------- what is shown

function told(made: Token, io: Io): string {
  const { target, token, url, expiresAt, user: id, name } = made;
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
