/**
 * One line of the audit log: its kinds, and how it is chained to the line before.
 *
 * A line is canonical JSON with its `hash` put in front: `{"hash":"…",` and the rest. The hash is sha256 over the
 * canonical JSON (src/canonical.ts) of the line without `hash`, and `prev` is the hash of the line before.
 */
import { hash } from "node:crypto";
import * as z from "zod";
import { canonical } from "../../canonical.ts";
import { byId, checked, parseJson } from "../../json.ts";
import { CAUSES, HELD_BY } from "../../model/plan.ts";
import { COUNTS, type Head, STOP_REASONS } from "../../model/run.ts";
import { ACTION_TYPES, RULES } from "../../model/vocabulary.ts";
import { lastPolicy } from "../../policy/stored.ts";

/** The `prev` of a line that begins a chain. */
export const ROOT = "0".repeat(64);

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.number();
const text = z.string();
/** ISO 8601 in UTC. */
const moment = z.iso.datetime();
/** When a session had signed in, as ISO 8601; null where that is not known. A backend may name any year. */
const signIn = text.refine((at) => !Number.isNaN(Date.parse(at))).nullable();
const signIns = byId(signIn);

/** More than any deployment sees runs or lines: what is beyond would leave no next one, and stop every run. */
export const MOST = 9e11;

/** Up to which line the log is known: how many lines, and the hash of the last. */
export const head = z.object({ seq: z.int().nonnegative().max(MOST), hash: sha256 });

const header = {
  /** From 1, without gaps. */
  seq: z.int().positive(),
  /** null where no clock was at hand: an outcome that a run without a lease told. */
  at: moment.nullable(),
  /** The run that wrote the line. */
  run: text,
  prev: sha256,
  hash: sha256,
};

const subject = { type: z.enum(ACTION_TYPES), user: text, session: text.nullable() };
const statuses = z.object({ applied: count, failed: count, skipped: count });
const inventory = z.object({ users: count, sessions: count, active: count, digest: text });
const summary = z.record(z.enum(ACTION_TYPES), count);
/** The highest fence that may be; it grows with each holder of the lease. */
export const fence = z.int().nonnegative().max(MOST);
const commit = text.nullable();
/** The process that wrote the line; null where none is named. */
const by = z.object({ who: text, host: text, pid: count }).nullable();

function kind<K extends string, S extends z.ZodRawShape>(name: K, body: S) {
  return z.object({ ...header, kind: z.literal(name), ...body });
}

const auditLine = z.discriminatedUnion("kind", [
  /** What a run is about to carry out, and who runs it. `plan` and `policy` are digests; `held` counts by cause. */
  kind("plan", {
    plan: text,
    /** The digest of the saved plan that was carried out; absent where there was none. */
    reviewed: text.exactOptional(),
    policy: text,
    commit,
    files: z.array(text),
    target: text,
    version: text,
    inventory,
    summary,
    held: z.partialRecord(z.enum(HELD_BY), count),
    /** Wipes that were held back and follow when they are allowed. */
    owed: signIns,
    by,
    fence,
  }),
  kind("refusal", {
    type: z.enum(ACTION_TYPES),
    limit: z.enum(["max", "percent", "perRun"]),
    wanted: count,
    allowed: count,
    message: text,
  }),
  /** An action, before it is carried out. `name` is what the policy calls the user, `label` the device itself. */
  kind("intent", {
    ...subject,
    signedIn: signIn,
    wipe: z.boolean(),
    /** Sessions that a lock wipes. */
    wipes: signIns,
    /** Which limit it counts for; a line of before that was told counts for its type's. */
    counts: z.enum(COUNTS).default("limit"),
    was: z.enum(["active", "ended"]).nullable().default(null),
    /** Sessions that were active when a lock was decided. */
    ends: signIns.default({}),
    /** A fingerprint of what the policy says that wants it. */
    line: text.default(""),
    cause: z.enum(CAUSES).nullable(),
    /** Of a retry: why it was wanted when it was first tried. */
    first: z.enum(CAUSES).exactOptional(),
    reasons: z.array(z.object({ rule: z.enum(RULES), file: text, line: count, message: text })),
    commit,
    name: text.nullable(),
    label: text.nullable(),
  }),
  /** Of several of one action the last holds. `confirmed`: whether a read after the write shows it; null where none does. */
  kind("outcome", {
    ...subject,
    status: z.enum(["applied", "failed", "skipped"]),
    error: text.nullable(),
    /** The backend did not answer for this action itself. */
    passing: z.boolean().default(false),
    confirmed: z.boolean().nullable(),
    /** Sessions that a lock with `wipe` did not wipe, as the read shows. */
    unwiped: z.array(text).exactOptional(),
  }),
  /** An inventory shows that what was done, or may have been, is so no more: it counts for no limit any more. */
  kind("undone", { ...subject, signedIn: signIn }),
  /** An inventory shows whether an action of the run `of` that had no outcome was done. */
  kind("found", { ...subject, of: text, done: z.boolean() }),
  /** An inventory shows the session wiped, for this sign-in. */
  kind("wiped", { session: text, signedIn: signIn }),
  /** Sessions that are gone or signed in anew: that they were wiped need not be known any more. */
  kind("wipes-over", { sessions: z.array(text) }),
  /** A lock that was found in place is ours from now on. */
  kind("adopted", {
    user: text,
    commit,
    message: text.nullable(),
    file: text.nullable(),
    line: count.nullable(),
  }),
  /** A lock of ours is seen gone, and is still wanted: until it is set anew, one that is in place is not ours. */
  kind("lifted", { user: text }),
  /** A lock of ours that somebody lifted and nobody wants, or that somebody else has set again. */
  kind("forgotten", { user: text, commit }),
  /** Who had the name of a line of the policy (policy/lines.ts) when an apply first met it; null: the line is gone. */
  kind("met", { line: text, user: text.nullable() }),
  /** Names and ids of users who did not come, were asked for and are gone; and those of before who are back. */
  kind("asked", { gone: z.array(text), back: z.array(text) }),
  /** What is the last policy when this run has ended, where it was another before; null where this version can't read it. */
  kind("policy", { said: lastPolicy.nullable().catch(null) }),
  /** `unknown` counts the intents of the run that have no outcome: they may have taken effect. */
  kind("run-ended", {
    began: moment,
    plan: text,
    policy: text,
    commit,
    inventory,
    summary,
    outcomes: statuses,
    /** How many outcomes a read after the write has shown. */
    confirmed: count,
    unknown: count,
    held: count,
    refusals: count,
    /** Whether all of the policy was carried out, so that it is the last one where nothing was held. */
    whole: z.boolean(),
    /** The hash of the state that the run left (src/ledger/cache.ts). */
    state: sha256,
  }),
  /** A run ended before its first write: nothing was done. */
  kind("run-stopped", {
    why: z.enum(STOP_REASONS),
    message: text,
    target: text,
    commit,
    policy: text.nullable(),
    /** The plan that nobody agreed to, or that is no longer good; null where there was none. */
    plan: text.nullable(),
  }),
  /** Somebody asked for a token that signs a device in as the user. Told before it is made; the token is nowhere. */
  kind("token", { user: text, name: text.nullable(), target: text, by, commit }),
  /** Somebody gave an own lock up, by `release`: it is foreign from now on. */
  kind("released", { user: text, name: text.nullable(), target: text, by, commit, fence }),
  /** A run did not end, and this one remembers what it told. */
  kind("run-died", { died: text, began: moment, unknown: z.array(z.object(subject)) }),
  /** What the ledger said in `blob` is lost; `aside` is where the blob is kept. Where `prev` is ROOT the chain begins anew. */
  kind("ledger-damaged", { blob: text, message: text, aside: text.nullable() }),
]);
export type AuditLine = z.output<typeof auditLine>;

type Open<T> = T extends AuditLine ? Omit<T, "seq" | "prev" | "hash"> : never;
/** A line that is not chained yet. */
export type AuditEntry = Open<AuditLine>;

/** Chains entries to the head. Returns their lines, each ended by a line feed, and the new head. */
export function chain(entries: readonly AuditEntry[], to: Head): { lines: string; head: Head } {
  const lines: string[] = [];
  let { seq, hash: prev } = to;
  for (const entry of entries) {
    seq++;
    const body = canonical({ ...entry, seq, prev });
    prev = hash("sha256", body);
    lines.push(`{"hash":"${prev}",${body.slice(1)}\n`);
  }
  return { lines: lines.join(""), head: { seq, hash: prev } };
}

const FRONT = /^\{"hash":"([0-9a-f]{64})",/;

/** A line, and whether its hash fits. */
export interface ParsedLine {
  line: AuditLine;
  intact: boolean;
}

/** The line that a text says. Throws DamagedBlobError where it says none. */
export function parseLine(text: string): ParsedLine {
  const line = checked(auditLine, parseJson(text));
  return { line, intact: hashOf(text) === line.hash };
}

/** Whether a text is a plan as Curfew 0.1 told it: it did not say which wipes are owed. */
export function isOfOldVersion(text: string): boolean {
  return text.includes('"kind":"plan"') && !text.includes('"owed":') && hashOf(text) !== null;
}

/** The hash that a line's text names, where it fits. The text itself is hashed, so that no change is too small to be found. */
function hashOf(text: string): string | null {
  const front = FRONT.exec(text);
  if (front?.[1] === undefined) return null;
  const body = `{${text.slice(front[0].length)}`;
  return hash("sha256", body) === front[1] ? front[1] : null;
}
