import { describe, expect, test } from "vitest";
import { readConfig } from "../../infra/config.ts";
import { UsageError } from "../../src/errors.ts";

const SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:slack-AbCdEf";

/** Settings as Pulumi holds them: what is no text is JSON. */
function settings(values: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [
      `curfew:${key}`,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
}

function fault(values: Record<string, unknown>): string {
  try {
    readConfig(settings(values));
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as Error).message;
  }
  throw new Error("It was taken.");
}

test("no setting is needed, and settings of others are left alone", () => {
  expect(readConfig({ "aws:region": "eu-west-1", "curfewish:memory": "x" })).toEqual({
    policies: "policies",
    schedule: "rate(1 hour)",
    schedules: {},
    timezone: "UTC",
    paused: false,
    emails: [],
    webhooks: [],
    secretArns: {},
    hosts: [],
    accounts: [],
    kms: false,
    tags: {},
    memory: 1024,
    reservedConcurrency: 1,
    logLevel: "INFO",
    logDays: 90,
    reportDays: 90,
    versionDays: 90,
    auditDays: 400,
    auditMode: "GOVERNANCE",
    allowUncommitted: false,
  });
});

test("all settings are understood as Pulumi holds them", () => {
  const config = readConfig(
    settings({
      policies: "2026",
      schedules: { production: "cron(0 6 * * ? *)" },
      paused: ["production"],
      deadMansHours: 26,
      emails: ["security@acme.example"],
      webhooks: [SECRET],
      hosts: ["backend.acme.example"],
      kms: "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
      github: { repository: "acme/policies", branches: ["main"] },
      tags: { team: "security" },
      memory: 512,
      reservedConcurrency: "none",
      auditMode: "COMPLIANCE",
    }),
  );
  expect(config).toMatchObject({
    policies: "2026",
    paused: ["production"],
    deadMansHours: 26,
    hosts: ["backend.acme.example"],
    reservedConcurrency: "none",
    github: { repository: "acme/policies", branches: ["main"], environments: [], subjects: [] },
  });
});

describe("a wrong setting is refused by its key", () => {
  test.each<[string, unknown, string]>([
    ["memory", 64, "curfew:memory: "],
    ["memory", "lots", "curfew:memory: "],
    ["schedule", "hourly", "curfew:schedule: hourly is no schedule"],
    [
      "schedules",
      { production: "rate(5 minutes)" },
      "curfew:schedules.production: rate(5 minutes) is too often",
    ],
    ["timezone", "Mars/Olympus", "curfew:timezone: is not an IANA time zone"],
    ["emails", ["nobody"], "curfew:emails[0]: is not an e-mail address"],
    ["webhooks", ["https://hooks.example/T0/secret"], "curfew:webhooks[0]: is not an ARN"],
    [
      "secretArns",
      { production: "curfew/production" },
      "curfew:secretArns.production: is not an ARN",
    ],
    ["hosts", ["https://backend.acme.example"], "curfew:hosts[0]: is not a host"],
    ["kms", "alias/mine", "curfew:kms: is not an ARN"],
    ["logDays", 91, "curfew:logDays: is not a period of CloudWatch Logs"],
    ["auditDays", 0, "curfew:auditDays: "],
    ["auditMode", "FOREVER", "curfew:auditMode: "],
    ["deadMansHours", 169, "curfew:deadMansHours: "],
    ["reservedConcurrency", 2, "curfew:reservedConcurrency: is neither 1 nor none"],
    ["paused", "yes", "curfew:paused: "],
    ["policies", " ", "curfew:policies: must not be blank"],
    ["github", { repository: "acme" }, "curfew:github.repository: is not a repository"],
    ["github", { repository: "acme/policies" }, "curfew:github.branches: names nobody"],
  ])("%s: %j", (key, value, sentence) => {
    expect(fault({ [key]: value })).toContain(sentence);
  });

  test("an unknown one is named with those that there are", () => {
    expect(fault({ memmory: 512 })).toContain("curfew:memmory is no setting of Curfew; there are");
    expect(fault({ github: { repository: "acme/policies", branch: "main" } })).toContain(
      "curfew:github.branch is no setting of Curfew",
    );
  });

  test("all at once", () => {
    expect(fault({ memory: 64, logDays: 2 }).split("\n")).toHaveLength(2);
  });
});

describe("a subject of GitHub's tokens is named in full", () => {
  test.each([
    [{ branches: ["*"] }],
    [{ branches: ["release/*"] }],
    [{ environments: ["prod?"] }],
    [{ subjects: ["repo:acme/policies:*"] }],
  ])("%j is refused", (who) => {
    expect(fault({ github: { repository: "acme/policies", ...who } })).toContain(
      "spaces and wildcards are not taken",
    );
  });

  test("a repository has no wildcard either", () => {
    expect(fault({ github: { repository: "acme/*", branches: ["main"] } })).toContain(
      "curfew:github.repository",
    );
  });
});
