/**
 * Signed webhooks: CloudEvents 1.0 in structured mode, signed by the Standard Webhooks scheme, so that a receiver can
 * check both with a library of its language.
 */
import { createHmac } from "node:crypto";
import type { Message } from "../model/told.ts";
import type { Letter } from "./post.ts";

/** An event for programs. */
export interface CloudEvent {
  id: string;
  /** Such as `curfew.refusal`. */
  type: string;
  /** The address of the deployment. */
  source: string;
  /** ISO 8601. */
  time: string;
  subject?: string;
  data: Record<string, unknown>;
}

/** A message as an event: its words are in `data` too, as `title` and `text`. */
export function eventOf({ id, type, time, title, lines, data }: Message, url: string): CloudEvent {
  return { id, type, time, source: url, data: { title, text: lines.join("\n"), ...data } };
}

/** The letter that carries an event to `url`, signed with `key`. */
export function signedLetter(event: CloudEvent, url: string, key: Buffer): Letter {
  const { id, data, ...rest } = event;
  const body = JSON.stringify({
    specversion: "1.0",
    ...{ id, ...rest },
    datacontenttype: "application/json",
    data,
  });
  return {
    url,
    body,
    headers: (now) => {
      const seconds = Math.floor(now / 1000);
      const signature = createHmac("sha256", key).update(`${id}.${seconds}.${body}`);
      return {
        "content-type": "application/cloudevents+json; charset=utf-8",
        "webhook-id": id,
        "webhook-timestamp": String(seconds),
        "webhook-signature": `v1,${signature.digest("base64")}`,
      };
    },
  };
}

const SECRET = /^whsec_([A-Za-z0-9+/]+={0,2})$/;

/** The key that a secret of Standard Webhooks stands for: 24 to 64 bytes; null where it is none. */
export function keyOf(secret: string): Buffer | null {
  const key = Buffer.from(SECRET.exec(secret)?.[1] ?? "", "base64");
  return key.length >= 24 && key.length <= 64 ? key : null;
}
