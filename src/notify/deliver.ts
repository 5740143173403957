/** Sends what channels are to be told: each channel in order, all of them at once, bounded in time. */
import { CurfewError } from "../errors.ts";
import type { Channel, Policy } from "../model/policy.ts";
import type { Message, Told } from "../model/told.ts";
import type { Duration } from "../model/vocabulary.ts";
import { addressOf, channelName, type Secrets, signedAddress } from "./address.ts";
import { type Delivery, post, type Waiting } from "./post.ts";
import { slackLetter } from "./slack.ts";
import { publish } from "./topic.ts";
import { eventOf, signedLetter } from "./webhook.ts";

type Pending = Told["pending"];

/** For all messages of a run together. */
const WITHIN: Duration = 30_000;

/** What became of the messages that wait. */
export interface Delivered {
  /** Of `pending`, what arrived. */
  sent: Pending;
  /** What did not, in sentences. */
  warnings: string[];
}

/** Sends all that waits for a channel of the policy. A channel that fails is left for this run, so that its order stays. */
export async function deliver(
  policy: Policy,
  pending: Pending,
  secrets: Secrets,
  clock: Waiting,
): Promise<Delivered> {
  const until = clock.now() + WITHIN;
  const results = await Promise.all(
    (policy.notify?.channels ?? []).map(async (channel): Promise<Delivered> => {
      const name = channelName(channel);
      const waiting = pending.filter((one) => one.channel === name);
      const sent: Pending = [];
      if (waiting.length === 0) return { sent, warnings: [] };
      const send = await opened(channel, policy, secrets, clock, until);
      for (const one of waiting) {
        const why = typeof send === "string" ? send : await send(one.message);
        if (why === null) sent.push(one);
        else return { sent, warnings: [untold(channel, waiting.length - sent.length, why)] };
      }
      return { sent, warnings: [] };
    }),
  );
  return {
    sent: results.flatMap(({ sent }) => sent),
    warnings: results.flatMap(({ warnings }) => warnings),
  };
}

function untold({ source, ...channel }: Channel, left: number, why: string): string {
  const events = left === 1 ? "1 event" : `${left} events`;
  return `${source.file}:${source.line}: ${channelName(channel)} was not told of ${events}: ${why}. The next run tries again.`;
}

/** How a channel is told of a message; a text says why it can't be. */
async function opened(
  channel: Channel,
  { target }: Policy,
  secrets: Secrets,
  clock: Waiting,
  until: number,
): Promise<string | ((message: Message) => Promise<Delivery>)> {
  if (channel.via === "sns") return (message) => toTopic(channel.to, message);
  if (channel.via === "slack") {
    const found = await addressOf(channel.to, secrets);
    if ("why" in found) return found.why;
    return async (message) => said(await post(slackLetter(message, found.url), clock, until));
  }
  const found = await signedAddress({ webhook: channel.to, secret: channel.secret }, secrets);
  if ("why" in found) return found.why;
  return async (message) =>
    said(
      await post(signedLetter(eventOf(message, target.url), found.url, found.key), clock, until),
    );
}

const said = (why: Delivery): Delivery => (why === null ? null : `it ${why}`);

async function toTopic(arn: string, { title, lines }: Message): Promise<Delivery> {
  try {
    await publish(arn, `Curfew: ${title}`, `${title}\n\n${lines.join("\n")}\n`);
    return null;
  } catch (error) {
    if (error instanceof CurfewError) return error.message;
    throw error;
  }
}
