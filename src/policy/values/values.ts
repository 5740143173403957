/** The scalar values of a policy file as zod schemas: durations, instants, ids, references and the like. */
import * as z from "zod";
import { isLoopback } from "../../loopback.ts";
import { show } from "../../text/show.ts";
import { didYouMean } from "../../text/suggest.ts";
import { isFixedOffset, isZone } from "../../text/zone.ts";
import { DURATION_PATTERN, durationFault, parseDuration } from "./duration.ts";
import { type Edge, INSTANT_PATTERN, instantFault, parseInstant } from "./instant.ts";
import { compilePattern } from "./pattern.ts";
import { rangeFault } from "./range.ts";

/**
 * A schema's own message for a wrong value. Missing and null values are left to issues.ts, which says
 * the same of all of them.
 */
export const says = (message: (input: unknown) => string) => ({
  error: (issue: { input?: unknown }) =>
    issue.input === undefined || issue.input === null ? undefined : message(issue.input),
});

/** Text that is not blank. */
export const text = () => z.string().regex(/\S/, "must not be blank");

/** Why an entry stands there; required wherever it may stand (docs/contract.md, "Required"). */
export const reason = (example: string) =>
  text().meta({
    description: "Why, for whoever reads the plan and the audit log.",
    examples: [example],
  });

export const ticket = () =>
  filled(text())
    .meta({ description: "The ticket that asked for it.", examples: ["HR-812"] })
    .exactOptional();

/** Not left as a template wrote it. */
export const filled = (schema: z.ZodString) =>
  schema.refine(
    (v) => !PLACEHOLDER.test(v),
    says((v) => `${show(v)} is a placeholder that nobody filled in: write what it stands for`),
  );

/** The id of a user, a device, …: compared exactly, so spaces around it are a mistake. */
export const id = () => filled(z.string().regex(/^\S(?:.*\S)?$/, says(idFault)));

/** `${NAME}`, `{{ name }}`, `<name>`, `$NAME` and `%NAME%`: what a template leaves to be filled in. Small letters behind `$` may be a user's id. */
const PLACEHOLDER = /\$\{[^}]*\}|\{\{.*\}\}|^<[^<>]*>$|^\$[A-Z_][A-Z0-9_]*$|^%[A-Z_][A-Z0-9_]*%$/;

function idFault(input: unknown): string {
  return input === "" ? "must not be empty" : `${show(input)} has spaces or lines around it`;
}

/** In milliseconds. */
export const duration = () => {
  const fault = says((v) => `${show(v)} ${durationFault(String(v))}`);
  return z
    .string(fault)
    .regex(DURATION_PATTERN, { ...fault, abort: true })
    .refine((v) => parseDuration(v) !== null, fault)
    .transform((v) => parseDuration(v) ?? 0)
    .meta({ "x-unit": "duration", examples: ["30d", "1d12h"] });
};

/** In milliseconds since the epoch. */
export const instant = (edge: Edge) => {
  const fault = says((v) => `${show(v)} ${instantFault(String(v))}`);
  return z
    .string(fault)
    .regex(INSTANT_PATTERN, { ...fault, abort: true })
    .refine((v) => parseInstant(v, edge) !== null, fault)
    .transform((v) => parseInstant(v, edge) ?? 0)
    .meta({ "x-unit": "instant", examples: ["2027-01-31", "2027-01-31T17:00:00+02:00"] });
};

export const percent = () => z.number().min(0).max(100).meta({ "x-unit": "percent" });

/** How many; 0 means none. */
export const count = () => z.int().min(0);

export const semverRange = () =>
  text()
    .refine(
      (v) => rangeFault(v) === null,
      says((v) => rangeFault(String(v)) ?? ""),
    )
    .meta({ "x-unit": "semver range", examples: [">=20.6.1"] });

/** A text with `*`, `?` and `[…]`. */
export const pattern = () =>
  text().refine(
    (v) => patternFault(v) === null,
    says((v) => `${show(v)} ${patternFault(String(v))}`),
  );

function patternFault(input: string): string | null {
  const compiled = compilePattern(input);
  return "fault" in compiled ? compiled.fault : null;
}

/** `HH:MM` as minutes since midnight. */
export const timeOfDay = () => {
  const fault = says((v) => `${show(v)} is not a time of day: write it as "04:00", up to "23:59"`);
  return z
    .string(fault)
    .regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, fault)
    .transform((v) => Number(v.slice(0, 2)) * 60 + Number(v.slice(3)))
    .meta({ "x-unit": "time of day", examples: ["01:00"] });
};

export const zone = () =>
  z
    .string()
    .refine(isZone, says(zoneFault))
    .meta({ "x-unit": "IANA time zone", examples: ["Africa/Johannesburg"] });

function zoneFault(input: unknown): string {
  if (isFixedOffset(String(input))) {
    return `${show(input)} is always the same offset and knows no summer time: write the zone of a place, such as Africa/Johannesburg, or UTC`;
  }
  const close = didYouMean(String(input), Intl.supportedValuesOf("timeZone"));
  return `${show(input)} is not an IANA time zone${close || ": write one such as Africa/Johannesburg"}`;
}

/** The base URL of a deployment, normalised: one deployment has one text. */
export const url = () =>
  z
    .string()
    .refine(
      (v) => urlFault(v) === null,
      says((v) => urlFault(String(v)) ?? ""),
    )
    .transform(normalUrl)
    .meta({ "x-unit": "URL", format: "uri", pattern: "^[Hh][Tt][Tt][Pp][Ss]?://" });

/** What is wrong with a target's URL; the URL is not repeated, for it may hold a password. */
function urlFault(input: string): string | null {
  if (/\$\{[^}]*\}|\{\{|<[^<>]*>|\$[A-Z_]{2}/.test(input)) {
    return "holds a placeholder that nobody filled in: write what it stands for";
  }
  const parsed = URL.parse(input);
  if (!parsed) return "is not a URL: write it in full, as https://host/path";
  if (parsed.username || parsed.password) {
    return "must not hold credentials: name them under target.credentials";
  }
  if (input.includes("?") || input.includes("#")) {
    return "must not have a query or a fragment: end it after the path";
  }
  // Two texts for one deployment would be two policies for it, with a ledger and limits each.
  const path = parsed.pathname.replace(/\/+$/, "");
  if (parsed.hostname.endsWith(".") || path.includes("//") || NEEDLESS_ESCAPE.test(path)) {
    return "has a dot behind its host, // in its path or an escape that nothing needs: write it plainly, as the backend shows it";
  }
  if (parsed.protocol === "https:") return null;
  if (parsed.protocol !== "http:") return "must begin with https://";
  return isLoopback(parsed.hostname)
    ? null
    : "must begin with https://; http is for this machine only (localhost, 127.0.0.1)";
}

/** Host in lower case, no default port, no slash at the end. */
/** Of letters, digits, `-`, `.`, `_` and `~`: RFC 3986, 2.3. */
const NEEDLESS_ESCAPE = /%(?:2[de]|3\d|[46][1-9a-f]|[57][\da]|5f|7e)/i;

function normalUrl(input: string): string {
  return new URL(input).href.replace(/\/+$/, "");
}

const REFERENCE = /^(?:env:[A-Za-z_][A-Za-z0-9_]*|aws-secret:[\w/+=.@:-]+)$/;

/** A place where a credential is kept. The value is never repeated: it may be the secret itself. */
export const reference = () => {
  const fault = says(
    () => "is not a reference: write env:NAME or aws-secret:NAME, never the secret itself",
  );
  return z
    .string(fault)
    .regex(REFERENCE, fault)
    .meta({
      "x-unit": "reference",
      examples: ["env:JOURNEYAPPS_TOKEN", "aws-secret:curfew/production"],
    });
};

/** The address of a webhook, or a reference to it where it holds a secret. It is never repeated. */
export const webhook = () => {
  const fault = says((v) => webhookFault(String(v)) ?? "");
  return z
    .string(fault)
    .refine((v) => REFERENCE.test(v) || webhookFault(v) === null, fault)
    .meta({ examples: ["https://hooks.acme.example/curfew", "aws-secret:curfew/webhook-address"] });
};

function webhookFault(input: string): string | null {
  const fault = urlFault(input);
  const secret = fault !== null && /credentials|query/.test(fault);
  return secret
    ? "must hold no credentials, no query and no fragment: keep such an address as a secret and write env:NAME or aws-secret:NAME"
    : fault;
}

/** The ARN of an SNS topic; of a FIFO topic none, for it takes no plain message. */
export const topic = () =>
  z
    .string()
    .regex(
      /^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]+$/,
      says((v) => `${show(v)} is not the ARN of a topic: write arn:aws:sns:REGION:ACCOUNT:NAME`),
    )
    .meta({ examples: ["arn:aws:sns:eu-west-1:123456789012:curfew"] });

/** A folder or `s3://bucket/prefix`; no other address, and nothing that a shell should have put in (`~`, `$`). */
export const LEDGER_PLACE =
  /^(?:s3:\/\/[a-z0-9][a-z0-9.-]+[a-z0-9](?:\/[^\s~$]*)?|(?![A-Za-z][A-Za-z0-9+.-]+:)[^~$]*[^\s~$][^~$]*)$/;

export const ledgerPlace = () =>
  z
    .string()
    .regex(
      LEDGER_PLACE,
      says(() => "is not a ledger: write a folder or s3://bucket/prefix"),
    )
    .meta({ "x-unit": "place", examples: ["s3://acme-curfew/production", "/var/lib/curfew"] });

/** A key of a target that names users by something else than their id. */
export const identify = (meaning: string) =>
  id()
    .describe(meaning)
    .meta({ examples: ["email"] })
    .exactOptional();

/** A folder on this machine, and nothing that a shell should have put in (`~`, `$`). */
export const folder = () =>
  z.string().regex(
    /^(?![A-Za-z][A-Za-z0-9+.-]+:)[^~$]*[^\s~$][^~$]*$/,
    says(() => "is not a folder: write its path"),
  );

/** A list of words, each once. */
export const words = <T extends z.ZodType<string>>(word: T) =>
  z
    .array(word)
    .superRefine((list, context) => {
      for (const [index, entry] of list.entries()) {
        if (list.indexOf(entry) === index) continue;
        const message = `${show(entry)} is in the list twice`;
        context.addIssue({ code: "custom", path: [index], message });
      }
    })
    .meta({ uniqueItems: true });
