// @module-tag slow
import { FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { user } from "../cli/world.ts";
import { clientsOf } from "./clients.ts";
import { resourcePolicies } from "./guards.ts";
import { decide, type PolicyDocument, type Statement, statements, without } from "./iam.ts";
import { given } from "./maker.ts";
import { describeWithMoto } from "./moto.ts";
import type { Invoked } from "./runtime.ts";
import { type Stage, stageOf } from "./stage.ts";
import { type DeployedFunction, deployWorld, policiesOf, storeToken, type World } from "./world.ts";

const SECTIONS = `sessions:
  maxAge: 30d
users:
  locked:
    - user: bob
      reason: Left the company
`;

/** What three runs came to: one that acts, one that closes drift, one whose token is wrong. */
interface Seen {
  acts: Invoked;
  drifts: Invoked;
  fails: Invoked;
  /** `s3:GetObject …/lease.json`, each once. */
  denied: string[];
  alerts: number;
  /** Lines of the function's log group. */
  lines: number;
}

const failsFor = (invoked: Invoked, words: RegExp) => {
  expect(invoked).toMatchObject({
    ok: false,
    error: { errorMessage: expect.stringMatching(words) },
  });
};

/** By the name of a statement: what is denied without it, and what breaks. */
const BREAKS: Readonly<Record<string, { denied: RegExp; breaks(seen: Seen): void }>> = {
  ReadLedger: {
    denied: /^s3:GetObject \S+\/lease\.json$/,
    breaks: ({ acts }) => failsFor(acts, /s3:GetObject/),
  },
  WriteLedger: {
    denied: /^s3:PutObject \S+\/lease\.json$/,
    breaks: ({ acts }) => failsFor(acts, /s3:PutObject/),
  },
  ListLedger: {
    denied: /^s3:ListBucket \S+-ledger-\w+$/,
    breaks: ({ acts }) => failsFor(acts, /s3:ListBucket/),
  },
  ReadRetention: {
    denied: /^s3:GetBucketTagging /,
    breaks: ({ acts }) => failsFor(acts, /s3:GetBucketTagging/),
  },
  LockAuditLog: {
    denied: /^s3:PutObjectRetention \S+\/audit\//,
    breaks: ({ acts }) => failsFor(acts, /s3:PutObjectRetention/),
  },
  SaveReports: {
    denied: /^s3:PutObject \S+:::[^/]+\/runs\/production\//,
    breaks: ({ acts }) => failsFor(acts, /s3:PutObject/),
  },
  ReadToken: {
    denied: /^secretsmanager:GetSecretValue /,
    breaks: ({ acts }) => failsFor(acts, /secretsmanager:GetSecretValue/),
  },
  TellPeople: {
    denied: /^sns:Publish /,
    breaks: ({ drifts, alerts }) => {
      failsFor(drifts, /sns:Publish/);
      expect(alerts).toBe(0);
    },
  },
  WriteLogs: { denied: /^logs:CreateLogStream /, breaks: ({ lines }) => expect(lines).toBe(0) },
  UseKey: {
    denied: /^kms:Decrypt /,
    breaks: ({ acts, alerts }) => {
      expect(acts.ok).toBe(false);
      expect(alerts).toBe(0);
    },
  },
};

describeWithMoto("the roles", (moto) => {
  let world: World;
  let deployed: DeployedFunction;
  beforeAll(async () => {
    world = await deployWorld(moto(), SECTIONS, {
      "curfew:kms": true,
      "curfew:github": { repository: "acme/policies", branches: ["main"] },
    });
    deployed = await world.fetch("production");
  }, 180_000);
  afterAll(() => world?.close());

  async function stage(policies: readonly PolicyDocument[]): Promise<Stage> {
    const s = await stageOf(world, deployed, [user("ann", 41), user("bob", 2), user("cem", 1)]);
    s.proxy.policies = policies;
    return s;
  }

  async function seen(s: Stage): Promise<Seen> {
    const began = Date.now();
    const acts = await s.run();
    if (s.sandbox.user("bob")?.locked) s.sandbox.unlock("bob");
    const drifts = await s.run();
    await storeToken(world, "wrong");
    const fails = await s.run();
    const { logGroup } = deployed.fn;
    const { events = [] } = await world.deployment.aws.logs.send(
      new FilterLogEventsCommand({ logGroupName: logGroup, startTime: began }),
    );
    const denied = s.proxy.asked.filter(({ allowed }) => !allowed);
    return {
      acts,
      drifts,
      fails,
      denied: [...new Set(denied.map(({ action, resource }) => `${action} ${resource}`))],
      alerts: (await s.alerts()).length,
      lines: events.length,
    };
  }

  describe("of a run", () => {
    test("is enough", async () => {
      const found = await seen(await stage(deployed.policies));
      expect(found.denied).toEqual([]);
      expect([found.acts.ok, found.drifts.ok, found.fails.ok]).toEqual([true, true, false]);
      expect(found.alerts).toBe(1);
      expect(found.lines).toBeGreaterThan(0);
    });

    test("has no statement that is not looked at below", () => {
      const names = statements(deployed.policies).map(({ Sid }) => Sid);
      expect(names.sort()).toEqual(Object.keys(BREAKS).sort());
    });

    test.for(Object.keys(BREAKS))("is too little without %s", async (name) => {
      const { denied, breaks } = BREAKS[name] as (typeof BREAKS)[string];
      const found = await seen(await stage(without(deployed.policies, ({ Sid }) => Sid === name)));
      expect(found.denied).toContainEqual(expect.stringMatching(denied));
      breaks(found);
    });

    test("has no action and no service that a run does not ask for", async () => {
      const s = await stage(deployed.policies);
      await seen(s);
      const all = statements(deployed.policies);
      const sorted = (values: Iterable<unknown>) => [...new Set(values)].sort();
      const asked = sorted(s.proxy.asked.map(({ action }) => action));
      expect(asked).toEqual(sorted(all.flatMap(({ Action }) => Action)));
      const useKey = all.find(({ Sid }) => Sid === "UseKey");
      const via = useKey?.Condition?.StringEquals?.["kms:ViaService"];
      const used = s.proxy.asked.flatMap((each) => each.via ?? []);
      expect(sorted(used)).toEqual(sorted([via].flat()));
    });
  });

  test("of CI reads what runs saved, and nothing else", async () => {
    const s = await stage(deployed.policies);
    await s.run();
    const { id, outputs, inputs } = world.deployment.one("aws:iam/role:Role", "ci");
    s.proxy.policies = await policiesOf(world.deployment.aws, id);
    const { s3 } = clientsOf(s.proxy.url, world.deployment.region);
    const Bucket = world.bucket;
    const [state] = (await s.keys("ledger/")).filter((key) => key.endsWith("/state.json"));
    const get = (Key = "") => s3.send(new GetObjectCommand({ Bucket, Key }));
    expect((await get("runs/production/inventory.jsonl")).Body).toBeDefined();
    const list = (Prefix: string) => s3.send(new ListObjectsV2Command({ Bucket, Prefix }));
    expect((await list("runs/production/")).KeyCount).toBe(3);
    await expect(get(state)).rejects.toThrow("s3:GetObject");
    await expect(list("ledger/")).rejects.toThrow("s3:ListBucket");
    const put = new PutObjectCommand({ Bucket, Key: "runs/production/inventory.jsonl", Body: "x" });
    await expect(s3.send(put)).rejects.toThrow("s3:PutObject");

    const may = (sub: string) =>
      decide(
        {
          principal: String((trustOf(inputs).Principal as Record<string, string>).Federated),
          action: "sts:AssumeRoleWithWebIdentity",
          resource: String(outputs.arn),
          context: {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": sub,
          },
        },
        [],
        [JSON.parse(String(inputs.assumeRolePolicy))],
      ).allowed;
    expect(may("repo:acme/policies:ref:refs/heads/main")).toBe(true);
    expect(may("repo:acme/policies:pull_request")).toBe(false);
    expect(may("repo:acme/policies:ref:refs/heads/main2")).toBe(false);
    expect(may("repo:acme/other:ref:refs/heads/main")).toBe(false);
  });

  describe("of the schedule", () => {
    /** Whether the schedule's role may do all that the scheduler does with it. */
    async function may(policies: readonly PolicyDocument[]) {
      const { deployment } = world;
      const { outputs } = deployment.one("aws:iam/role:Role", "production-schedule");
      const key = deployment.one("aws:kms/key:Key", "curfew-test").outputs.arn;
      const { target } = deployment.one("aws:scheduler/schedule:Schedule", "production").inputs as {
        target: { arn: string; roleArn: string; deadLetterConfig: { arn: string } };
      };
      expect(target.roleArn).toBe(outputs.arn);
      const via = { "kms:viaservice": `sqs.${deployment.region}.amazonaws.com` };
      const asks: [string, string, Record<string, string>][] = [
        ["lambda:InvokeFunction", target.arn, {}],
        ["sqs:SendMessage", target.deadLetterConfig.arn, { "aws:securetransport": "true" }],
        ["kms:GenerateDataKey", String(key), via],
        ["kms:Decrypt", String(key), via],
      ];
      return asks
        .filter(([action, resource, context]) => {
          const ask = { principal: target.roleArn, action, resource, context };
          return decide(ask, policies, resourcePolicies(world, resource)).allowed;
        })
        .map(([action]) => action);
    }
    const policies = () => policiesOf(world.deployment.aws, "production-schedule-0a1b2c3");

    test("is enough to start the run and to keep what can't be delivered", async () => {
      const all = [
        "lambda:InvokeFunction",
        "sqs:SendMessage",
        "kms:GenerateDataKey",
        "kms:Decrypt",
      ];
      expect(await may(await policies())).toEqual(all);
      const actions = statements(await policies()).flatMap(({ Action }) => Action);
      expect(actions.sort()).toEqual(all.sort());
    });

    test.for(["StartRun", "KeepLostEvents", "UseKey"])("is too little without %s", async (name) => {
      const less = await may(without(await policies(), ({ Sid }) => Sid === name));
      expect(less.length).toBeLessThan(4);
    });

    test("is taken by the scheduler for this group of this account only", () => {
      const { inputs } = world.deployment.one("aws:iam/role:Role", "production-schedule");
      const group = world.deployment.one("aws:scheduler/scheduleGroup:ScheduleGroup", "schedules");
      const may = (account: string, source: unknown) =>
        decide(
          {
            principal: "scheduler.amazonaws.com",
            action: "sts:AssumeRole",
            resource: "*",
            context: { "aws:sourceaccount": account, "aws:sourcearn": String(source) },
          },
          [],
          [JSON.parse(String(inputs.assumeRolePolicy))],
        ).allowed;
      expect(may("123456789012", group.outputs.arn)).toBe(true);
      expect(may("210987654321", group.outputs.arn)).toBe(false);
      expect(may("123456789012", `${group.outputs.arn}-2`)).toBe(false);
    });
  });

  test("and the alarms of this stack may publish to the topic, and nobody else's", () => {
    const { deployment } = world;
    const topic = String(deployment.one("aws:sns/topic:Topic", "alerts").outputs.arn);
    const key = String(deployment.one("aws:kms/key:Key", "curfew-test").outputs.arn);
    const may = (action: string, resource: string, account: string, source: unknown) =>
      decide(
        {
          principal: "cloudwatch.amazonaws.com",
          action,
          resource,
          context: { "aws:sourceaccount": account, "aws:sourcearn": String(source) },
        },
        [],
        resourcePolicies(world, resource),
      ).allowed;
    const alarms = deployment.created.filter(({ type }) => type.endsWith(":MetricAlarm"));
    expect(alarms.length).toBeGreaterThan(0);
    for (const { outputs, inputs } of alarms) {
      expect(inputs.alarmActions).toEqual([topic]);
      expect(may("sns:Publish", topic, "123456789012", outputs.arn)).toBe(true);
      expect(may("kms:GenerateDataKey", key, "123456789012", outputs.arn)).toBe(true);
      expect(may("kms:Decrypt", key, "123456789012", outputs.arn)).toBe(true);
      expect(may("sns:Publish", topic, "210987654321", outputs.arn)).toBe(false);
    }
  });
});

function trustOf(inputs: Readonly<Record<string, unknown>>): Statement {
  const [statement] = statements([JSON.parse(String(inputs.assumeRolePolicy))]);
  return given(statement);
}
