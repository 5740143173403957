/** For one test: the world with nothing in its bucket and its queues, a fresh estate, and Lambda for its function. */
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { DeleteMessageCommand, ReceiveMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { onTestFinished } from "vitest";
import { deploymentKey } from "../../src/ledger/key.ts";
import { openLedger, type StoredLedger } from "../../src/ledger/ledger.ts";
import { openS3 } from "../../src/ledger/store/s3/s3.ts";
import type { Sandbox, ServedUser } from "../../src/providers/journeyapps/sandbox/sandbox.ts";
import { ACCOUNT } from "./clients.ts";
import { deployedEvent, scheduledEvent } from "./events.ts";
import { keyOf, resourcePolicies } from "./guards.ts";
import { invokeAsync } from "./lambda-service.ts";
import { given } from "./maker.ts";
import { type AwsProxy, startProxy } from "./proxy.ts";
import { type Invoked, type InvokeOptions, type Runtime, startRuntime } from "./runtime.ts";
import { type DeployedFunction, storeToken, TOKEN, type World } from "./world.ts";

interface Alert {
  Subject: string;
  Message: string;
}

export interface Stage {
  proxy: AwsProxy;
  sandbox: Sandbox;
  ledger: StoredLedger;
  /** An execution environment of the function; the first is `run`'s. */
  environment(): Promise<Runtime>;
  /** One scheduled run, as the schedule says, in the same environment as the last. */
  run(options?: InvokeOptions): Promise<Invoked>;
  /** The same with an event of one's own, or in an environment of one's own. */
  send(event: unknown, options?: InvokeOptions, runtime?: Runtime): Promise<Invoked>;
  /** The event of a schedule that was due at this moment. */
  scheduled(at?: Date, id?: string): Promise<unknown>;
  /** The event of a deployment that changed the policies. */
  deployedEvent(): Promise<unknown>;
  /** Keys under a prefix, sorted. */
  keys(prefix?: string): Promise<string[]>;
  text(key: string): Promise<string>;
  /** What people were told since the last call. */
  alerts(): Promise<Alert[]>;
  /** Events that were given up since the last call. */
  deadLetters(): Promise<unknown[]>;
  /** Lets a minute pass for a lease whose holder died. */
  lapseLease(): Promise<void>;
}

export async function stageOf(
  world: World,
  deployed: DeployedFunction,
  estate: readonly ServedUser[],
): Promise<Stage> {
  const { deployment, sandbox, bucket, alertsQueue } = world;
  const { s3, sqs } = deployment.aws;
  const { id: deadLetters } = deployment.one("aws:sqs/queue:Queue", "dead-letters");
  await emptied(world);
  await taken(sqs, alertsQueue);
  await taken(sqs, deadLetters);
  sandbox.faults = [];
  for (const { id } of sandbox.users()) sandbox.remove(id);
  for (const user of estate) sandbox.add(user);
  await storeToken(world, TOKEN);
  const proxy = await startProxy({
    moto: world.moto.url,
    principal: deployed.role,
    region: deployment.region,
    policies: deployed.policies,
    policiesOf: (resource) => resourcePolicies(world, resource),
    keyOf: (resource) => keyOf(world, resource),
  });
  onTestFinished(() => proxy.close());
  const fn = { ...deployed.fn, endpoint: proxy.url };
  const environment = async () => {
    const runtime = await startRuntime(fn);
    onTestFinished(() => runtime.close());
    return runtime;
  };
  const first = await environment();
  const send = async (event: unknown, options?: InvokeOptions, runtime = first) => {
    const tries = await invokeAsync(fn, runtime, deployed.events, event, options);
    return given(tries.at(-1));
  };
  const scheduled = (at?: Date, id?: string) => scheduledEvent(world, at, id);
  const prefix = (deployed.fn.environment.CURFEW_LEDGER ?? "").replace(`s3://${bucket}/`, "");
  return {
    proxy,
    sandbox,
    ledger: ledgerOf(world, prefix),
    environment,
    send,
    scheduled,
    deployedEvent: () => deployedEvent(world),
    run: async (options) => send(await scheduled(), options),
    async keys(under = "") {
      const found = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: under }));
      return (found.Contents ?? []).map(({ Key }) => given(Key)).sort();
    },
    async text(Key) {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
      return given(Body).transformToString();
    },
    alerts: () => taken(sqs, alertsQueue) as Promise<Alert[]>,
    deadLetters: () => taken(sqs, deadLetters),
    async lapseLease() {
      const Key = `${prefix}/${deploymentKey(sandbox.url)}/lease.json`;
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
      const lease = JSON.parse(await given(Body).transformToString());
      const past = JSON.stringify({ ...lease, expiresAt: Date.now() - 1 });
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: past }));
    },
  };
}

/** Removes what is locked too, which is possible in GOVERNANCE to those who may: here nobody is asked. */
async function emptied({ deployment, bucket: Bucket }: World): Promise<void> {
  const { s3 } = deployment.aws;
  const listed = await s3.send(new ListObjectVersionsCommand({ Bucket }));
  for (const { Key, VersionId } of [...(listed.Versions ?? []), ...(listed.DeleteMarkers ?? [])]) {
    const BypassGovernanceRetention = true;
    await s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId, BypassGovernanceRetention }));
  }
}

/** The messages of a queue, as JSON; they are gone from it then. */
async function taken(sqs: SQSClient, QueueUrl: string): Promise<unknown[]> {
  const bodies: unknown[] = [];
  for (;;) {
    const asked = { QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 0 };
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand(asked));
    if (Messages.length === 0) return bodies;
    for (const { Body, ReceiptHandle } of Messages) {
      bodies.push(JSON.parse(given(Body)));
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    }
  }
}

function ledgerOf({ moto, bucket, sandbox, deployment }: World, prefix: string): StoredLedger {
  const { region } = deployment;
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const client = { endpoint: moto.url, region, credentials };
  const store = openS3(
    { bucket, prefix },
    { now: Date.now, env: moto.env, account: async () => ACCOUNT, client },
  );
  return openLedger(store, { url: sandbox.url, place: `s3://${bucket}/${prefix}` });
}
