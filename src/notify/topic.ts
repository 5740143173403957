/** Tells people through an Amazon SNS topic. */
import type { Duration } from "../model/vocabulary.ts";
import { awsAgents } from "../proxy.ts";
import { refused } from "../secrets/refused.ts";

/** SNS takes no longer subject. */
const LONGEST_SUBJECT = 100;

/** In bytes: SNS takes 256 KiB, and no reader of an alert so much. */
const LONGEST_MESSAGE = 100_000;

const TRIES = 3;
const WITHIN: Duration = 5_000;

/** Publishes a message to the topic. Throws UsageError where SNS does not take it. */
export async function publish(topicArn: string, subject: string, message: string): Promise<void> {
  const { PublishCommand, SNSClient } = await import("@aws-sdk/client-sns");
  const region = topicArn.split(":")[3];
  const client = new SNSClient({
    ...(region && { region }),
    maxAttempts: TRIES,
    requestHandler: {
      connectionTimeout: WITHIN,
      requestTimeout: WITHIN,
      throwOnRequestTimeout: true,
      ...awsAgents(),
    },
  });
  // Subjects are ASCII without line breaks.
  const plain = subject.replace(/[^\x20-\x7e]+/g, "?").slice(0, LONGEST_SUBJECT);
  try {
    await client.send(
      new PublishCommand({ TopicArn: topicArn, Subject: plain, Message: fitting(message) }),
    );
  } catch (error) {
    throw refused(`nobody was told through ${topicArn}`, "sns:Publish", error);
  } finally {
    client.destroy();
  }
}

/** What is cut off is told. */
function fitting(message: string): string {
  const bytes = Buffer.from(message, "utf8");
  if (bytes.length <= LONGEST_MESSAGE) return message;
  const kept = bytes
    .subarray(0, LONGEST_MESSAGE)
    .toString("utf8")
    .replace(/\ufffd+$/, "");
  return `${kept}\n… The message was too long: the whole is in the report of the run.\n`;
}
