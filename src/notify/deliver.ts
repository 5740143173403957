/** Sends what channels are to be told: each channel in order, all of them at once, bounded in time. */
import { CurfewError } from "../errors.ts";
import type { Channel, Policy } from "../model/policy.ts";
import type { Message, Told } from "../model/told.ts";
import type { Duration } from "../model/vocabulary.ts";
import { addressOf, channelName, type Secrets, signedAddress } from "./address.ts";
import { type Delivery, post, type Timer } from "./post.ts";
import { slackLetter } from "./slack.ts";
import { publish } from "./topic.ts";
import { eventOf, signedLetter } from "./webhook.ts";

type Pending = Told["pending"];

/** For all messages of a run together. */
const WITHIN: Duration = 30_000;

/** What became of the messages that wait. */
export interface Delivered {
  /** Of `pending`, what is not to be sent any more: it arrived, or was given up. */
  settled: Pending;
  /** What did not arrive, in sentences. */
  warnings: string[];
}

/**
 * Sends all that waits for a channel of the policy. A channel that fails is left for this run, so that its order stays;
 * a message that the receiver will never take is given up, and those after it are sent.
 */
export async function deliver(
  policy: Policy,
  pending: Pending,
  secrets: Secrets,
  clock: Timer,
): Promise<Delivered> {
  const until = clock.now() + WITHIN;
  const results = await Promise.all(
    (policy.notify?.channels ?? []).map(async (channel): Promise<Delivered> => {
      const name = channelName(channel);
      const waiting = pending.filter((one) => one.channel === name);
      if (waiting.length === 0) return { settled: [], warnings: [] };
      const send = await opened(channel, policy, secrets, clock, until);
      return toChannel(channel, waiting, send);
    }),
  );
  return {
    settled: results.flatMap(({ settled }) => settled),
    warnings: results.flatMap(({ warnings }) => warnings),
  };
}

type Send = (message: Message) => Promise<Delivery>;

async function toChannel(channel: Channel, waiting: Pending, send: Send): Promise<Delivered> {
  const settled: Pending = [];
  const warnings: string[] = [];
  for (const one of waiting) {
    const failure = await send(one.message);
    if (failure !== null && !failure.refused) {
      warnings.push(untold(channel, waiting.length - settled.length, failure.why));
      break;
    }
    if (failure !== null) warnings.push(givenUp(channel, one.message, failure.why));
    settled.push(one);
  }
  return { settled, warnings };
}

function givenUp({ source, ...channel }: Channel, { title }: Message, why: string): string {
  return `${source.file}:${source.line}: ${channelName(channel)} will never take the message “${title}”: ${why}. It is given up; the others are sent.`;
}

function untold({ source, ...channel }: Channel, left: number, why: string): string {
  const events = left === 1 ? "1 event" : `${left} events`;
  return `${source.file}:${source.line}: ${channelName(channel)} was not told of ${events}: ${why}. The next run tries again.`;
}

/** How a channel is told of a message. */
async function opened(
  channel: Channel,
  { target }: Policy,
  secrets: Secrets,
  clock: Timer,
  until: number,
): Promise<Send> {
  if (channel.via === "sns") return (message) => toTopic(channel.to, message);
  if (channel.via === "slack") {
    const found = await addressOf(channel.to, secrets);
    if ("why" in found) return async () => failed(found.why);
    return async (message) => said(await post(slackLetter(message, found.url), clock, until));
  }
  const found = await signedAddress({ webhook: channel.to, secret: channel.secret }, secrets);
  if ("why" in found) return async () => failed(found.why);
  return async (message) =>
    said(
      await post(signedLetter(eventOf(message, target.url), found.url, found.key), clock, until),
    );
}

const failed = (why: string): Delivery => ({ why, refused: false });
const said = (failure: Delivery): Delivery => failure && { ...failure, why: `it ${failure.why}` };

async function toTopic(arn: string, { title, lines }: Message): Promise<Delivery> {
  try {
    await publish(arn, `Curfew: ${title}`, `${title}\n\n${lines.join("\n")}\n`);
    return null;
  } catch (error) {
    if (error instanceof CurfewError) return failed(error.message);
    throw error;
  }
}
