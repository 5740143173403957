/** From policies and settings to what each target needs of the stack. Pure: all that can be refused is refused here. */
import { UsageError } from "../src/errors.ts";
import { deploymentKey } from "../src/ledger/key.ts";
import { isS3, parseS3Place } from "../src/ledger/store/s3/place.ts";
import type { Policy } from "../src/model/policy.ts";
import type { Config } from "./config.ts";
import { safeName } from "./names.ts";
import { RUN_MINUTES, rateMinutes, WINDOW_MINUTES } from "./schedule-expression.ts";

/** Where ledgers lie in the bucket unless a policy says otherwise. */
const LEDGER_PREFIX = "ledger";
/** What else lies in the bucket: no ledger may be among it. */
export const RUNS_PREFIX = "runs";
export const DEPLOYED_PREFIX = "deployed";
const SHORTEST_DEAD_MANS_HOURS = 2;

/** One target, with all that the stack has to know of it. */
export interface StackTarget {
  name: string;
  /** The name as AWS resources and keys can have it. */
  slug: string;
  policyDigest: string;
  schedule: string;
  paused: boolean;
  deadMansHours: number;
  /** The name that the policy calls it by; `arn` where it exists already. */
  secret: { name: string; arn: string | null };
  /** What `notify` of the policy needs: secrets by name or ARN, and topics. */
  notify: { secrets: string[]; topics: string[] };
  /** `s3://bucket/prefix` as the policy writes it; null where it leaves the place to the stack. */
  ledger: string | null;
  /** The ledger's place in the bucket; empty for the bucket itself. */
  ledgerPrefix: string;
  /** Under it lie the objects of this deployment's ledger, and no others. */
  ledgerKey: string;
}

export interface Estate {
  targets: StackTarget[];
  /** The name that the policies give the bucket; null where none does. */
  bucket: string | null;
}

/** Throws UsageError with every fault, each at its key or its line of policy. */
export function estateOf(policies: readonly Policy[], config: Config): Estate {
  const faults = unknownTargets(policies, config);
  const targets: StackTarget[] = [];
  const buckets = new Map<string, string>();
  for (const policy of policies) {
    try {
      const ledger = ledgerOf(policy);
      if (ledger.bucket !== null) buckets.set(ledger.bucket, at(policy));
      targets.push(targetOf(policy, config, ledger.prefix));
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      faults.push(error.message);
    }
  }
  if (buckets.size > 1) {
    const named = [...buckets].map(([bucket, place]) => `${bucket} (${place})`).join(" and ");
    faults.push(
      `one stack has one ledger bucket, and the policies name ${named}: name one of them everywhere, or deploy two stacks`,
    );
  }
  if (faults.length > 0) throw new UsageError(faults.join("\n"));
  return { targets, bucket: [...buckets.keys()][0] ?? null };
}

function targetOf(policy: Policy, config: Config, ledgerPrefix: string): StackTarget {
  const { name, url } = policy.target;
  const schedule = config.schedules[name] ?? config.schedule;
  const key = deploymentKey(url);
  return {
    name,
    slug: safeName(name),
    policyDigest: policy.digest,
    schedule,
    paused: Array.isArray(config.paused) ? config.paused.includes(name) : config.paused,
    deadMansHours: deadMansHours(schedule, config),
    secret: secretOf(policy, config),
    notify: notifyOf(policy),
    ledger: policy.target.ledger,
    ledgerPrefix,
    ledgerKey: ledgerPrefix === "" ? key : `${ledgerPrefix}/${key}`,
  };
}

function unknownTargets(policies: readonly Policy[], config: Config): string[] {
  const known = policies.map(({ target }) => target.name);
  const named: [string, readonly string[]][] = [
    ["schedules", Object.keys(config.schedules)],
    ["secretArns", Object.keys(config.secretArns)],
    ["paused", Array.isArray(config.paused) ? config.paused : []],
  ];
  return named.flatMap(([key, names]) =>
    names
      .filter((name) => !known.includes(name))
      .map(
        (name) => `curfew:${key}: no policy has the target ${name}; there is ${known.join(", ")}`,
      ),
  );
}

function deadMansHours(schedule: string, config: Config): number {
  const minutes = rateMinutes(schedule);
  const given = config.deadMansHours;
  if (minutes === null) {
    if (given !== undefined) return given;
    throw new UsageError(
      `curfew:deadMansHours is needed beside the schedule ${schedule}: say after how many hours without a successful run the alarm shall fire`,
    );
  }
  const longest = minutes + WINDOW_MINUTES + RUN_MINUTES;
  if (given === undefined) return Math.max(SHORTEST_DEAD_MANS_HOURS, Math.ceil((2 * minutes) / 60));
  if (given * 60 > longest) return given;
  throw new UsageError(
    `curfew:deadMansHours: ${given} is too short for the schedule ${schedule}, with which ${longest} minutes may pass between two runs: at least ${Math.floor(longest / 60) + 1}`,
  );
}

const SECRET_REFERENCE = "aws-secret:";
const SECRET_ARN = /^arn:[^:]+:secretsmanager:[^:]+:\d{12}:secret:(.+)-[A-Za-z0-9]{6}$/;

function secretOf(policy: Policy, config: Config): StackTarget["secret"] {
  const { name: target, credentials } = policy.target;
  const reference = credentials.find((one) => one.startsWith(SECRET_REFERENCE));
  if (reference === undefined) {
    throw new UsageError(
      `${at(policy)}: ${target} has no credential that the scheduled run could read: add aws-secret:curfew/${safeName(target)} to target.credentials`,
    );
  }
  const name = reference.slice(SECRET_REFERENCE.length);
  const given = config.secretArns[target] ?? null;
  if (given === null)
    return { name, arn: name.startsWith("arn:") ? whole(name, at(policy)) : null };
  whole(given, `curfew:secretArns.${target}`);
  if (given !== name && SECRET_ARN.exec(given)?.[1] !== name) {
    throw new UsageError(
      `curfew:secretArns.${target}: ${given} is not the secret ${name} that the policy names (${at(policy)}): change one of them`,
    );
  }
  return { name, arn: given };
}

function notifyOf({ notify }: Policy): StackTarget["notify"] {
  const channels = notify?.channels ?? [];
  const references = [
    ...channels.flatMap((channel) =>
      "secret" in channel ? [channel.to, channel.secret] : channel.to,
    ),
    ...(notify?.users ? [notify.users.webhook, notify.users.secret] : []),
  ];
  const secrets = references
    .filter((reference) => reference.startsWith(SECRET_REFERENCE))
    .map((reference) => reference.slice(SECRET_REFERENCE.length));
  const topics = channels.filter(({ via }) => via === "sns").map(({ to }) => to);
  return { secrets: [...new Set(secrets)].sort(), topics: [...new Set(topics)].sort() };
}

/** IAM takes the whole ARN of a secret, with the six characters that AWS added to its name. */
function whole(arn: string, place: string): string {
  if (SECRET_ARN.test(arn)) return arn;
  throw new UsageError(
    `${place}: ${arn} is not the whole ARN of a secret: it ends in six characters of AWS's own, as in …:secret:curfew/production-AbCdEf`,
  );
}

function ledgerOf(policy: Policy): { bucket: string | null; prefix: string } {
  const { ledger } = policy.target;
  if (ledger === null) return { bucket: null, prefix: LEDGER_PREFIX };
  if (!isS3(ledger)) {
    throw new UsageError(
      `${at(policy)}: the ledger ${ledger} is a folder, which the scheduled run has not got: write target.ledger as s3://bucket/prefix, or leave it out and the stack makes a bucket`,
    );
  }
  const place = parseS3Place(ledger);
  const first = place.prefix.split("/")[0];
  if (first === RUNS_PREFIX || first === DEPLOYED_PREFIX) {
    throw new UsageError(
      `${at(policy)}: the ledger ${ledger} would lie among the bucket's ${first}/, which is kept for other things: choose another prefix for target.ledger`,
    );
  }
  return place;
}

function at({ target }: Policy): string {
  return `${target.source.file}:${target.source.line}`;
}
