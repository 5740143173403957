/** Where a policy sends messages: from references to addresses and keys. What is no good is said without repeating it. */
import { isTrusted } from "../hosts.ts";
import { isLoopback } from "../loopback.ts";
import type { Channel, SignedWebhook } from "../model/policy.ts";
import { type Env, type Found, resolve } from "../secrets/credentials.ts";
import { keyOf } from "./webhook.ts";

/** What the resolving needs of a door: its environment, and whom it tells of each secret. */
export interface Secrets {
  env: Env;
  onSecret?: ((secret: string) => void) | undefined;
}

/** The address that a reference or a plain address stands for. */
export async function addressOf(to: string, secrets: Secrets): Promise<Found<{ url: string }>> {
  if (/^https?:/i.test(to)) return known(to, secrets);
  const found = await secretOf(to, secrets);
  if ("why" in found) return found;
  const url = URL.parse(found.secret);
  if (url !== null) secrets.onSecret?.(url.href);
  const loopback = isLoopback(url?.hostname ?? "");
  if (url?.protocol === "https:" || (url?.protocol === "http:" && loopback))
    return known(url.href, secrets);
  return {
    why: `what ${to} holds is not an address that begins with https://: store the webhook's address in it, and nothing else`,
  };
}

/** What is told names people, so a policy alone can't send it to a host of its author's choice. */
const KNOWN = "hooks.slack.com";

function known(url: string, { env }: Secrets): Found<{ url: string }> {
  const { hostname } = new URL(url);
  if (hostname === KNOWN || isTrusted(hostname, env.CURFEW_HOSTS)) return { url };
  return {
    why: `nothing is sent to ${hostname}, which nobody approved: if the host is yours, set CURFEW_HOSTS=${hostname} where Curfew runs`,
  };
}

/** The address and the key of a signed webhook. */
export async function signedAddress(
  { webhook, secret }: SignedWebhook,
  secrets: Secrets,
): Promise<Found<{ url: string; key: Buffer }>> {
  const address = await addressOf(webhook, secrets);
  if ("why" in address) return address;
  const found = await secretOf(secret, secrets);
  if ("why" in found) return found;
  const key = keyOf(found.secret);
  if (key !== null) return { ...address, key };
  return {
    why: `what ${secret} holds is no secret of Standard Webhooks: store whsec_ and the base64 of 24 to 64 random bytes in it, as "whsec_$(openssl rand -base64 32)" gives`,
  };
}

async function secretOf(reference: string, { env, onSecret }: Secrets) {
  const found = await resolve(reference, env);
  if ("secret" in found) onSecret?.(found.secret);
  return found;
}

/** A channel as warnings name it, and as what it is still to be told is kept for it. */
export function channelName({ via, to }: Pick<Channel, "via" | "to">): string {
  return `${via} ${to}`;
}
