/** The stack as `pulumi up` would deploy it, on moto, with a sandbox of this machine for each of its targets. */
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GetRolePolicyCommand, ListRolePoliciesCommand } from "@aws-sdk/client-iam";
import { GetFunctionCommand, GetFunctionEventInvokeConfigCommand } from "@aws-sdk/client-lambda";
import { GetObjectCommand } from "@aws-sdk/client-s3";
import { PutSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { SubscribeCommand } from "@aws-sdk/client-sns";
import { CreateQueueCommand } from "@aws-sdk/client-sqs";
import { type Sandbox, startSandbox } from "../../src/providers/journeyapps/sandbox/sandbox.ts";
import { registrations } from "../infra/engine.ts";
import { ACCOUNT } from "./clients.ts";
import { type Deployment, deploy } from "./deploy.ts";
import { PACKAGES } from "./deploy-compute.ts";
import type { PolicyDocument } from "./iam.ts";
import type { AsyncSettings } from "./lambda-service.ts";
import { given } from "./maker.ts";
import type { Moto } from "./moto.ts";
import type { Deployed } from "./runtime.ts";
import { unzip } from "./zip.ts";

/** The credential of the target, which is in no place but the secret. */
export const TOKEN = "tok-5up3r-s3cret";

/** A function as AWS gives it back. */
export interface DeployedFunction {
  fn: Omit<Deployed, "endpoint">;
  role: string;
  policies: PolicyDocument[];
  events: AsyncSettings;
}

export interface World {
  moto: Moto;
  deployment: Deployment;
  /** The target that is looked at. */
  target: string;
  /** The backend of that target. */
  sandbox: Sandbox;
  /** The same world, with another target looked at. */
  of(target: string): World;
  bucket: string;
  /** The URL of a queue that hears what people are told. */
  alertsQueue: string;
  /** Unpacks a function of the stack, by the name it has in the program. */
  fetch(name: string): Promise<DeployedFunction>;
  close(): Promise<void>;
}

/**
 * `sections`: what stands below `target` in the policy of `production`, and in those of other targets by their names.
 * `config`: of the stack.
 */
export async function deployWorld(
  moto: Moto,
  sections: string,
  config: Readonly<Record<string, unknown>> = {},
  others: Readonly<Record<string, string>> = {},
): Promise<World> {
  const temp = await mkdtemp(join(tmpdir(), "curfew aws-"));
  const sandboxes = new Map<string, Sandbox>();
  const close = async () => {
    for (const sandbox of sandboxes.values()) await sandbox.close();
    await rm(temp, { recursive: true, force: true });
  };
  try {
    const policies = join(temp, "policies");
    await mkdir(policies);
    for (const [name, text] of Object.entries({ production: sections, ...others })) {
      const sandbox = await startSandbox({ estate: [], token: TOKEN });
      sandboxes.set(name, sandbox);
      await writeFile(join(policies, `${name}.yaml`), policy(name, sandbox.url, text));
    }
    const registered = await registrations({ "curfew:policies": policies, ...config });
    const deployment = await deploy(moto.url, registered);
    const { id: bucket } = deployment.one("aws:s3/bucket:Bucket", "curfew-test-ledger");
    const alertsQueue = await listenToAlerts(deployment);
    const fetched = (name: string) => fetchFunction(deployment, name, temp);
    const shared = { moto, deployment, bucket, alertsQueue, fetch: fetched, close };
    const of = (target: string): World => ({
      ...shared,
      target,
      sandbox: given(sandboxes.get(target)),
      of,
    });
    return of("production");
  } catch (error) {
    await close();
    throw error;
  }
}

/** What a person does by hand after the first deployment. */
export async function storeToken(
  { deployment: { aws, one }, target }: Pick<World, "deployment" | "target">,
  SecretString: string,
): Promise<void> {
  const { id: SecretId } = one("aws:secretsmanager/secret:Secret", `curfew/${target}`);
  await aws.secrets.send(new PutSecretValueCommand({ SecretId, SecretString }));
}

/** A queue on the alerts topic, as a subscriber would have one. */
async function listenToAlerts({ aws, region, one }: Deployment): Promise<string> {
  const QueueName = "alerts-heard";
  const { QueueUrl } = await aws.sqs.send(new CreateQueueCommand({ QueueName }));
  await aws.sns.send(
    new SubscribeCommand({
      TopicArn: one("aws:sns/topic:Topic", "alerts").id,
      Protocol: "sqs",
      Endpoint: `arn:aws:sqs:${region}:${ACCOUNT}:${QueueName}`,
    }),
  );
  return given(QueueUrl);
}

function policy(name: string, url: string, sections: string): string {
  return `version: 1
target:
  name: ${name}
  provider: journeyapps
  url: ${url}
  credentials: aws-secret:curfew/${name}
  requestsPerSecond: 1000
${sections}`;
}

/** Outside the checkout, so that what the package lacks is not found in its node_modules. */
async function fetchFunction(
  { aws, region, one }: Deployment,
  name: string,
  temp: string,
): Promise<DeployedFunction> {
  const { id: FunctionName, inputs } = one("aws:lambda/function:Function", name);
  const { Configuration } = await aws.lambda.send(new GetFunctionCommand({ FunctionName }));
  const stored = given(Configuration);
  const Key = `${FunctionName}.zip`;
  const { Body } = await aws.s3.send(new GetObjectCommand({ Bucket: PACKAGES, Key }));
  const zip = Buffer.from(await given(Body).transformToByteArray());
  const digest = createHash("sha256").update(zip).digest("base64");
  if (digest !== stored.CodeSha256) throw new Error(`${Key} is not what Lambda has.`);
  const folder = join(temp, FunctionName);
  await mkdir(folder, { recursive: true });
  await unzip(zip, folder);
  // moto does not keep it.
  const { logGroup } = inputs.loggingConfig as { logGroup: string };
  const role = given(stored.Role);
  return {
    fn: {
      folder,
      handler: given(stored.Handler),
      arn: given(stored.FunctionArn),
      name: FunctionName,
      region,
      memoryMB: given(stored.MemorySize),
      timeoutMs: given(stored.Timeout) * 1000,
      logGroup,
      environment: stored.Environment?.Variables ?? {},
    },
    role,
    policies: await policiesOf(aws, given(role.split("/").at(-1))),
    events: await asyncSettings(aws, FunctionName),
  };
}

/** The policies of a role, as IAM has them. */
export async function policiesOf(
  { iam }: Pick<Deployment["aws"], "iam">,
  RoleName: string,
): Promise<PolicyDocument[]> {
  const { PolicyNames = [] } = await iam.send(new ListRolePoliciesCommand({ RoleName }));
  const reads = PolicyNames.map(async (PolicyName) => {
    const answer = await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }));
    return JSON.parse(decodeURIComponent(given(answer.PolicyDocument))) as PolicyDocument;
  });
  return Promise.all(reads);
}

async function asyncSettings(
  { lambda }: Deployment["aws"],
  FunctionName: string,
): Promise<AsyncSettings> {
  const config = await lambda.send(new GetFunctionEventInvokeConfigCommand({ FunctionName }));
  const queueArn = config.DestinationConfig?.OnFailure?.Destination ?? null;
  return { retries: given(config.MaximumRetryAttempts), queueArn };
}
