/**
 * The function that tells a Slack-compatible webhook what the alerts topic says: the address comes from a secret, and
 * an answer other than 2xx is an error, so that Lambda sends it again.
 */
import type { SNSEvent, SNSMessage } from "aws-lambda";
import { UsageError } from "../errors.ts";
import { readJson } from "../json.ts";
import type { Duration } from "../model/vocabulary.ts";

const WITHIN: Duration = 10_000;
/** Slack takes 40,000 characters; nobody reads so many in a channel. */
const LONGEST = 3_000;

/** `WEBHOOK_SECRET` is the ARN of the secret. Throws UsageError, which names neither the address nor a part of it. */
export async function handler(event: SNSEvent): Promise<void> {
  const url = await address(process.env.WEBHOOK_SECRET);
  for (const { Sns } of event.Records) await post(url, alertText(Sns));
}

/** What a message of the topic says to people: a CloudWatch alarm as sentences, anything else as it is. */
export function alertText({ Subject, Message }: Pick<SNSMessage, "Subject" | "Message">): string {
  const alarm = alarmOf(Message);
  const text = alarm ?? [Subject, Message].filter((part) => part).join("\n");
  const short = text.length > LONGEST ? `${text.slice(0, LONGEST)}… (cut)` : text;
  // Slack's own marks: an alert must not be able to call @channel or to disguise a link.
  return short.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}

const STATES = new Map([
  ["ALARM", "Alarm"],
  ["OK", "Over"],
  ["INSUFFICIENT_DATA", "Not known"],
]);

/** The form: CloudWatch's notification of a change of state. null where the message is another one. */
function alarmOf(message: string): string | null {
  const fields = record(message);
  const state = STATES.get(String(fields?.NewStateValue));
  if (fields === null || state === undefined || typeof fields.AlarmName !== "string") return null;
  const { AlarmName, AlarmDescription, NewStateReason, Region, StateChangeTime } = fields;
  const where = Region ? ` in ${Region}` : "";
  const when = StateChangeTime ? `, ${StateChangeTime}` : "";
  const lines = [`${state}: ${AlarmName}${where}${when}`];
  // What to do is of use only while there is something to do.
  if (state !== "Over" && AlarmDescription) lines.push(String(AlarmDescription));
  if (NewStateReason) lines.push(String(NewStateReason));
  return lines.join("\n");
}

function record(text: string): Record<string, unknown> | null {
  const value = readJson(text)?.value;
  return typeof value === "object" && value !== null ? { ...value } : null;
}

async function address(secret: string | undefined): Promise<string> {
  if (!secret) throw new UsageError("WEBHOOK_SECRET is not set: deploy the stack again.");
  const sdk = await import("@aws-sdk/client-secrets-manager");
  const client = new sdk.SecretsManagerClient();
  try {
    const { SecretString } = await client.send(new sdk.GetSecretValueCommand({ SecretId: secret }));
    const url = URL.parse(SecretString?.trim() ?? "");
    const loopback = url?.hostname === "127.0.0.1";
    if (url?.protocol === "https:" || (url?.protocol === "http:" && loopback)) return url.href;
  } catch (error) {
    const name = error instanceof Error ? error.name : "unknown";
    throw new UsageError(
      `The address of the webhook can't be read from ${secret} (${name}): check that the secret has a value and that the function may read it.`,
    );
  } finally {
    client.destroy();
  }
  throw new UsageError(
    `What the secret ${secret} holds is not an address that begins with https://: store the webhook's address in it, and nothing else.`,
  );
}

async function post(url: string, text: string): Promise<void> {
  let answer: Response;
  try {
    answer = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ text }),
      redirect: "manual",
      signal: AbortSignal.timeout(WITHIN),
    });
    await answer.body?.cancel();
  } catch (error) {
    throw new UsageError(`The webhook could not be reached (${codeOf(error)}).`);
  }
  if (answer.ok) return;
  throw new UsageError(
    `The webhook answered ${answer.status}: check that it still exists, and store its new address in the secret.`,
  );
}

/** The code of what fetch met; its message may name the address, which is a secret. */
function codeOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (cause instanceof Error && "code" in cause && typeof cause.code === "string")
    return cause.code;
  return cause instanceof Error ? cause.name : "unknown";
}
