/**
 * What Lambda does around a function, in the name of the function's role: it takes the log to CloudWatch Logs, repeats
 * an event on which the function failed as often as it is told to, and then keeps the event where there is a queue.
 */
import {
  CreateLogStreamCommand,
  PutLogEventsCommand,
  ResourceAlreadyExistsException,
} from "@aws-sdk/client-cloudwatch-logs";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { clientsOf } from "./clients.ts";
import type { Deployed, Invoked, InvokeOptions, Runtime } from "./runtime.ts";

/** What is set for events that nobody waits for. */
export interface AsyncSettings {
  retries: number;
  /** The queue for events that are given up; null: they are dropped. */
  queueArn: string | null;
}

/** Invokes as the scheduler and S3 do: nobody waits for the answer. Returns what came of each try, the last one last. */
export async function invokeAsync(
  fn: Deployed,
  runtime: Runtime,
  settings: AsyncSettings,
  event: unknown,
  options: InvokeOptions = {},
): Promise<[Invoked, ...Invoked[]]> {
  const tries: [Invoked, ...Invoked[]] = [await invokeOnce(fn, runtime, event, options)];
  while (tries.at(-1)?.ok === false && tries.length <= settings.retries) {
    tries.push(await invokeOnce(fn, runtime, event, options));
  }
  const last = tries.at(-1);
  const { queueArn } = settings;
  if (last && !last.ok && queueArn !== null) await keep(fn, queueArn, event, last, tries.length);
  return tries;
}

/** One invocation, and its log in CloudWatch Logs. */
async function invokeOnce(
  fn: Deployed,
  runtime: Runtime,
  event: unknown,
  options: InvokeOptions,
): Promise<Invoked> {
  const invoked = await runtime.invoke(event, options);
  const { logs } = clientsOf(fn.endpoint, fn.region);
  const stream = { logGroupName: fn.logGroup, logStreamName: runtime.logStream };
  const lines = invoked.logs.split("\n").filter((line) => line !== "");
  const timestamp = Date.now();
  const logEvents = lines.map((message) => ({ message, timestamp }));
  await unlessDenied(async () => {
    await logs.send(new CreateLogStreamCommand(stream)).catch((error: unknown) => {
      if (!(error instanceof ResourceAlreadyExistsException)) throw error;
    });
    if (logEvents.length > 0) await logs.send(new PutLogEventsCommand({ ...stream, logEvents }));
  });
  return invoked;
}

/** The form of the message: Lambda Developer Guide, "Capturing records of Lambda asynchronous invocations". */
async function keep(
  fn: Deployed,
  queueArn: string,
  event: unknown,
  { error }: Invoked & { ok: false },
  tries: number,
): Promise<void> {
  const { sqs } = clientsOf(fn.endpoint, fn.region);
  const MessageBody = JSON.stringify({
    version: "1.0",
    requestContext: {
      functionArn: `${fn.arn}:$LATEST`,
      condition: "RetriesExhausted",
      approximateInvokeCount: tries,
    },
    requestPayload: event,
    responseContext: { statusCode: 200, functionError: "Unhandled" },
    responsePayload: error,
  });
  const [account, queue] = queueArn.split(":").slice(-2);
  const QueueUrl = `${fn.endpoint}/${account}/${queue}`;
  await unlessDenied(() => sqs.send(new SendMessageCommand({ QueueUrl, MessageBody })));
}

/** Lambda tells nobody but its own metrics of what the role may not do. */
async function unlessDenied(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Error && error.name.startsWith("AccessDenied"))) throw error;
  }
}
