/**
 * The audit log as events of the Open Cybersecurity Schema Framework, for a SIEM: https://schema.ocsf.io/1.4.0/.
 * Locks and unlocks are Account Change, ended sessions and tokens Authentication. 1.4.0 is the first version with Unlock.
 */
import type { LineOf, ReadLines } from "../../ledger/log/selection.ts";
import type { Reason } from "../../model/plan.ts";
import type { ActionType, Instant } from "../../model/vocabulary.ts";
import { jsonLine } from "../../text/escape.ts";
import { printable } from "../../text/safe.ts";
import { sourceOf } from "../../text/words.ts";
import { type Fate, identity } from "../told/rows.ts";
import { type Deed, fate, laterNote, lostDeeds } from "../told/runs.ts";

const SCHEMA = "1.4.0";
const CATEGORY = { category_uid: 3, category_name: "Identity & Access Management" } as const;
const ACCOUNT_CHANGE = { class_uid: 3001, class_name: "Account Change" } as const;
const AUTHENTICATION = { class_uid: 3002, class_name: "Authentication" } as const;
const LOGOFF = { ...AUTHENTICATION, activity_id: 2, activity_name: "Logoff" } as const;

const TOKEN = { ...AUTHENTICATION, activity_id: 99, activity_name: "Token requested" } as const;

const RELEASED = { ...ACCOUNT_CHANGE, activity_id: 99, activity_name: "Lock given up" } as const;

const ACTIVITIES = {
  lock: { ...ACCOUNT_CHANGE, activity_id: 9, activity_name: "Lock" },
  unlock: { ...ACCOUNT_CHANGE, activity_id: 12, activity_name: "Unlock" },
  "re-authenticate": LOGOFF,
  wipe: LOGOFF,
} as const satisfies Record<ActionType, object>;

const INFORMATIONAL = { severity_id: 1, severity: "Informational" } as const;
const LOW = { severity_id: 2, severity: "Low" } as const;
/** Somebody has to look at it. */
const MEDIUM = { severity_id: 3, severity: "Medium" } as const;

const STATUSES = {
  applied: { status_id: 1, status: "Success", ...INFORMATIONAL },
  failed: { status_id: 2, status: "Failure", ...MEDIUM },
  skipped: { status_id: 99, status: "Skipped", ...INFORMATIONAL },
  done: { status_id: 1, status: "Success", ...INFORMATIONAL },
  undone: { status_id: 2, status: "Failure", ...LOW },
  again: { status_id: 0, status: "Unknown", ...LOW },
  unknown: { status_id: 0, status: "Unknown", ...LOW },
} as const satisfies Record<Fate, object>;

const WORDS: Record<Fate, string> = {
  ...{ applied: "applied", failed: "failed", skipped: "skipped", unknown: "unknown" },
  ...{ done: "found done", undone: "found not done", again: "tried again" },
};

/** What is the same for every event of a run. */
interface Context {
  target: string;
  plan: LineOf<"plan"> | null;
}

/** An action, and the last moment that the log told by then. */
interface OcsfTold extends Deed {
  time: Instant;
}

/**
 * One event an action, as a line of JSON without its newline, when its run has ended, died or is all that the log has:
 * the last outcome, with what led to it, or, where no outcome is known, the intent with the status Unknown; once more
 * where a later run then finds out. The event's uid is the hash of that line of the audit log. `target` names the target
 * where the plan's line is missing. Where a line is not as it was written, `unmapped.intact` is false. Runs that ended
 * before their first write are left out. A request for a token is an event, too, with the status Unknown: the log does
 * not tell whether one was made; so is a lock that was given up.
 */
export async function* ocsfLines(lines: ReadLines, target: string): AsyncGenerator<string> {
  const contexts = new Map<string, Context>();
  const runs = new Map<string, Map<string, OcsfTold>>();
  const events = function* (run: string) {
    const context = contexts.get(run) ?? { target, plan: null };
    for (const told of runs.get(run)?.values() ?? []) yield jsonLine(event(told, context));
    runs.delete(run);
  };
  const lost = lostDeeds();
  let time = 0;
  for await (const line of lines) {
    if (line.at !== null) time = Date.parse(line.at);
    const deed = lost.see(line);
    // Of a run that died all is told together; one that ended was told of before.
    if (deed !== null && line.kind === "found" && !runs.has(line.of))
      yield jsonLine(event({ ...deed, time }, contexts.get(line.of) ?? { target, plan: null }));
    if (line.kind === "plan") contexts.set(line.run, { target: line.target, plan: line });
    else if (line.kind === "token") yield jsonLine(tokenEvent(line, time));
    else if (line.kind === "released") yield jsonLine(releasedEvent(line, time));
    else if (line.kind === "run-ended") yield* events(line.run);
    else if (line.kind === "run-died") yield* events(line.died);
    else if (line.kind === "intent" || line.kind === "outcome") {
      const open = runs.get(line.run) ?? new Map<string, OcsfTold>();
      runs.set(line.run, open);
      const key = identity(line);
      const before = open.get(key) ?? { intent: null, outcome: null };
      const deed = { ...before, [line.kind]: line, time };
      open.set(key, deed);
      lost.note(deed);
    }
  }
  for (const run of [...runs.keys()]) yield* events(run);
}

function event(told: OcsfTold, context: Context) {
  const { intent, outcome, later, time } = told;
  const line = outcome ?? intent;
  if (line === null) throw new RangeError("an event has an intent or an outcome");
  const { type, user, session } = line;
  const activity = ACTIVITIES[type];
  return {
    ...classified(activity),
    time,
    ...STATUSES[fate(told)],
    ...detail(told),
    message: message(told, line),
    metadata: {
      ...metadata(later?.kind === "found" ? later : line, context.plan),
      correlation_uid: line.run,
    },
    ...source(context.plan?.by ?? null),
    user: { uid: user, ...(intent?.name ? { name: intent.name } : {}) },
    ...(session === null ? {} : { session: { uid: session } }),
    // Authentication asks for the service that was signed in to; Account Change has no place for it.
    ...(activity.class_uid === 3002 ? { service: { name: context.target } } : {}),
    unmapped: unmapped(told, line, context),
  };
}

function detail({ outcome, later }: OcsfTold): { status_detail?: string } {
  if (outcome?.error) return { status_detail: outcome.error };
  return later === undefined ? {} : { status_detail: laterNote(later) };
}

/** Whoever has the token is signed in as the user, so a SIEM should know of it. */
function tokenEvent(line: LineOf<"token">, time: Instant) {
  const { user, name, target, by, commit, run, intact } = line;
  return {
    ...classified(TOKEN),
    time,
    ...STATUSES.unknown,
    message: printable(`token for ${name ?? user}: asked for.`),
    metadata: metadata(line, null),
    ...source(by),
    user: { uid: user, ...(name === null ? {} : { name }) },
    service: { name: target },
    unmapped: { target, action: "token", run, commit, ...(intact === false ? { intact } : {}) },
  };
}

/** Nothing changed at the backend, but nobody lifts that lock any more. */
function releasedEvent(line: LineOf<"released">, time: Instant) {
  const { user, name, target, by, commit, run, intact } = line;
  return {
    ...classified(RELEASED),
    time,
    ...STATUSES.applied,
    message: printable(`lock of ${name ?? user}: given up.`),
    metadata: metadata(line, null),
    ...source(by),
    user: { uid: user, ...(name === null ? {} : { name }) },
    unmapped: { target, action: "release", run, commit, ...(intact === false ? { intact } : {}) },
  };
}

function classified<
  A extends Record<"class_uid" | "activity_id", number> &
    Record<"class_name" | "activity_name", string>,
>(activity: A) {
  return {
    ...activity,
    ...CATEGORY,
    type_uid: activity.class_uid * 100 + activity.activity_id,
    type_name: `${activity.class_name}: ${activity.activity_name}`,
  };
}

type OcsfLine = LineOf<"intent"> | LineOf<"outcome">;

/** "lock of jane.doe@acme.example: applied. Left the company (policies/production.yaml:61)" */
function message(told: OcsfTold, { type, user, session }: OcsfLine): string {
  const { intent } = told;
  const device = intent?.label ?? session;
  const who = (intent?.name ?? user) + (device === null ? "" : ` on ${device}`);
  const reasons = (intent?.reasons ?? []).map(written).join("; ");
  return [printable(`${type} of ${who}: ${WORDS[fate(told)]}.`), reasons].join(" ").trim();
}

function written(reason: Omit<Reason, "rule">): string {
  return `${printable(reason.message)} (${sourceOf(reason)})`;
}

/** The run makes the events of one apply belong together; the hash and the number tell the line of the audit log. */
function metadata(
  { hash, seq, at, run }: Pick<OcsfLine | LineOf<"found">, "hash" | "seq" | "at" | "run">,
  plan: Context["plan"],
) {
  return {
    version: SCHEMA,
    product: {
      name: "Curfew",
      vendor_name: "Curfew",
      ...(plan ? { version: plan.version } : {}),
    },
    uid: hash,
    sequence: seq,
    correlation_uid: run,
    log_name: "audit",
    ...(at === null ? {} : { original_time: at }),
  };
}

/** Who ran it, and where. */
function source(by: LineOf<"plan">["by"]) {
  if (by === null) return { actor: { app_name: "Curfew" } };
  return {
    actor: {
      app_name: "Curfew",
      user: { name: by.who },
      process: { pid: by.pid },
    },
    src_endpoint: { hostname: by.host },
  };
}

function unmapped(
  { intent, outcome }: OcsfTold,
  { type, run }: OcsfLine,
  { target, plan }: Context,
) {
  return {
    target,
    action: type,
    run,
    ...(plan?.reviewed === undefined ? {} : { reviewed: plan.reviewed }),
    ...(plan ? { plan: plan.plan, policy: plan.policy, files: plan.files } : {}),
    commit: intent?.commit ?? plan?.commit ?? null,
    cause: intent?.cause ?? null,
    reasons: intent?.reasons ?? [],
    ...(intent?.wipe ? { wipe: true, wipes: Object.keys(intent.wipes) } : {}),
    ...(intent?.counts === "urgent" ? { urgent: true } : {}),
    ...(intent?.label ? { device: intent.label } : {}),
    ...([intent, outcome].some((of) => of?.intact === false) ? { intact: false } : {}),
    ...(typeof outcome?.confirmed === "boolean" ? { confirmed: outcome.confirmed } : {}),
    ...(outcome?.unwiped ? { unwiped: outcome.unwiped } : {}),
  };
}
