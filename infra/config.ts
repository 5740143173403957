/** The stack's settings: `pulumi config set curfew:KEY VALUE`. All have defaults, so that none is needed. */
import * as z from "zod";
import { UsageError } from "../src/errors.ts";
import { isZone } from "../src/text/zone.ts";
import { scheduleFault } from "./schedule-expression.ts";

const NAMESPACE = "curfew:";
/** The only periods that CloudWatch Logs keeps logs for, up to ten years, in days. */
const LOG_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
  3653,
] as const;

const text = () => z.string().regex(/\S/, "must not be blank");
const days = (standard: number) => z.int().min(1).max(36_500).default(standard);
const arn = (service: string, form: string) =>
  z
    .string()
    .regex(
      new RegExp(`^arn:aws[a-z-]*:${service}:[a-z0-9-]*:\\d{12}:\\S+$`),
      `is not an ARN such as ${form}`,
    );
const secretArn = () =>
  arn("secretsmanager", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:curfew/x-AbCdEf");
const schedule = () =>
  z.string().superRefine((value, context) => {
    const fault = scheduleFault(value);
    if (fault !== null) context.addIssue({ code: "custom", message: `${value} ${fault}` });
  });
const zone = () =>
  z.string().refine(isZone, "is not an IANA time zone such as Africa/Johannesburg");

/** One subject of a GitHub token, in full: a wildcard could let a fork, or any branch, take the role. */
const exact = (what: string) =>
  z.string().regex(/^[^\s*?]+$/, `is not ${what}: spaces and wildcards are not taken`);

const github = z
  .strictObject({
    repository: z
      .string()
      .regex(/^[A-Za-z0-9-]+\/[A-Za-z0-9._-]+$/, "is not a repository such as acme/policies"),
    branches: z.array(exact("the name of a branch")).default([]),
    environments: z.array(exact("the name of an environment")).default([]),
    /** For organisations that customised the subject of their tokens. */
    subjects: z.array(exact("one subject, in full")).default([]),
    /** The account's provider for token.actions.githubusercontent.com, where it has one already. */
    provider: arn(
      "iam",
      "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com",
    ).optional(),
  })
  .refine(
    ({ branches, environments, subjects }) =>
      branches.length + environments.length + subjects.length > 0,
    { message: "names nobody: give it branches or environments", path: ["branches"] },
  );

const schema = z.strictObject({
  /** The folder of policies, seen from the checkout. */
  policies: text().default("policies"),
  schedule: schedule().default("rate(1 hour)"),
  /** By target: another schedule for it. */
  schedules: z.record(text(), schedule()).default({}),
  timezone: zone().default("UTC"),
  /** Switches schedules off: all of them, or those of the targets named. */
  paused: z.union([z.boolean(), z.array(text())]).default(false),
  /** Without a successful run for so long, the dead man's alarm fires. Absent: two hours, or twice the interval. */
  deadMansHours: z.int().min(1).max(168).optional(),
  emails: z.array(z.email("is not an e-mail address")).default([]),
  /** ARNs of secrets that hold the address of a Slack-compatible webhook. */
  webhooks: z.array(secretArn()).default([]),
  /** By target: the ARN of an existing secret; else it is created, empty, under the policy's name for it. */
  secretArns: z.record(text(), secretArn()).default({}),
  /** Hosts of one's own that the token may be sent to, besides the provider's (src/providers/hosts.ts). */
  hosts: z
    .array(z.string().regex(/^[A-Za-z0-9.-]+$/, "is not a host such as backend.acme.example"))
    .default([]),
  /** Other AWS accounts whose buckets a policy may name for its ledger (src/ledger/store/s3/owner.ts). */
  accounts: z
    .array(z.string().regex(/^\d{12}$/, "is not the id of an AWS account such as 123456789012"))
    .default([]),
  /** true: a key of the stack's own. An ARN: that key. */
  kms: z
    .union([
      z.boolean(),
      arn("kms", "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"),
    ])
    .default(false),
  github: github.optional(),
  tags: z.record(text(), z.string()).default({}),
  /** In MB. */
  memory: z.int().min(256).max(10_240).default(1024),
  /** 1: never two runs of a target at once. none: for accounts whose quota is too small to reserve from. */
  reservedConcurrency: z.literal([1, "none"], "is neither 1 nor none").default(1),
  logLevel: z.enum(["DEBUG", "INFO", "WARN", "ERROR"]).default("INFO"),
  logDays: z
    .literal([...LOG_DAYS], `is not a period of CloudWatch Logs: one of ${LOG_DAYS.join(", ")}`)
    .default(90),
  /** Saved inventories and reports. */
  reportDays: days(90),
  /** Replaced and removed versions of the ledger's objects. */
  versionDays: days(90),
  /** How long the audit log is locked against change and removal. */
  auditDays: days(400),
  /** COMPLIANCE binds everybody, the root user too, and can't be taken back. */
  auditMode: z.enum(["GOVERNANCE", "COMPLIANCE"]).default("GOVERNANCE"),
  /** Deploys what no commit holds. For trying things out. */
  allowUncommitted: z.boolean().default(false),
});

export type Config = z.output<typeof schema>;

/** Settings that are always text: `2026` as a folder is not a number. */
const TEXT_KEYS = new Set(["policies", "schedule", "timezone", "logLevel", "auditMode"]);

/**
 * The settings of a stack, checked and complete. `all` is what Pulumi holds: every value is text, and lists and maps
 * are JSON. Throws UsageError that names each wrong key and the command that sets it.
 */
export function readConfig(all: Readonly<Record<string, string>>): Config {
  const given: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(all)) {
    if (!key.startsWith(NAMESPACE)) continue;
    const name = key.slice(NAMESPACE.length);
    given[name] = TEXT_KEYS.has(name) ? value : parsed(value);
  }
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  throw new UsageError(result.error.issues.flatMap(sentences).join("\n"));
}

function parsed(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

function sentences(issue: z.core.$ZodIssue): string[] {
  if (issue.code === "unrecognized_keys") {
    const known = issue.path.length === 0 ? Object.keys(schema.shape) : null;
    return issue.keys.map((key) => {
      const name = place([...issue.path, key]);
      return `${name} is no setting${known ? ` of Curfew; there are ${known.join(", ")}` : " of Curfew"}. Remove it: pulumi config rm ${name}`;
    });
  }
  const name = place(issue.path);
  return [
    `${name}: ${message(issue)}. Set it with: pulumi config set${issue.path.length > 1 ? " --path" : ""} '${name}' VALUE`,
  ];
}

/** Of a union, what its last member says of text; else what zod says. */
function message(issue: z.core.$ZodIssue): string {
  if (issue.code !== "invalid_union") return issue.message;
  const own = issue.errors.flat().filter((inner) => inner.code !== "invalid_type");
  return own[0]?.message ?? issue.message;
}

function place(path: readonly PropertyKey[]): string {
  const [first = "", ...rest] = path.map(String);
  return `${NAMESPACE}${first}${rest.map((part) => (/^\d+$/.test(part) ? `[${part}]` : `.${part}`)).join("")}`;
}
