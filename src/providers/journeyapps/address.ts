import { UsageError } from "../../errors.ts";
import { isLoopback } from "../../loopback.ts";
import type { Auth } from "../../model/policy.ts";

/** The vendor's own hosts: `{deployment}.backend.{region}.journeyapps.com`, older `run….journeyapps.com` (docs/backends/journeyapps.md). */
export const JOURNEYAPPS_HOSTS = /\.journeyapps\.com$/;

/** Where a deployment is. */
export interface Address {
  /** Scheme, host and port. */
  origin: string;
  /** Host and port, for messages. */
  host: string;
  /** The path before every call's own, without a slash at the end. */
  base: string;
  /** The id at the end of the address. */
  deployment: string;
}

/** Reads `target.url`. Throws UsageError for what is no address, or would show the credential to the network. */
export function readAddress(text: string): Address {
  const url = URL.parse(text);
  if (!url || !["http:", "https:"].includes(url.protocol)) {
    throw new UsageError("target.url is not a web address; give https://…/api/v4/{deployment id}.");
  }
  if (url.username || url.password || url.search || url.hash) {
    throw new UsageError(
      `target.url holds more than the address of ${url.host}; leave out user, password, ? and #. Secrets belong where target.credentials points.`,
    );
  }
  if (url.protocol === "http:" && !isLoopback(url.hostname)) {
    throw new UsageError(
      `target.url would send the credential to ${url.host} unencrypted; use https (http is for this machine only).`,
    );
  }
  const base = url.pathname.replace(/\/+$/, "");
  const deployment = base.slice(base.lastIndexOf("/") + 1);
  return { origin: url.origin, host: url.host, base, deployment };
}

/** What proves who we are, and every form in which it must never be shown. */
export interface Credential {
  /** The Authorization header. */
  header: string;
  secrets: string[];
}

/**
 * The Authorization header (docs/backends/journeyapps.md): a bearer or CloudCode token as it is, for basic `id:password`, where
 * the id may be left out. Throws UsageError for a credential that no header can carry.
 */
export function prove(auth: Auth, credential: string, deployment: string): Credential {
  const carried = auth === "basic" ? /^[^\p{Cc}]+$/u : /^[\x20-\x7e]+$/;
  if (!carried.test(credential)) {
    const fault =
      credential === "" ? "is empty" : "holds a line break or a character no header takes";
    throw new UsageError(
      `The credential that target.credentials points to ${fault}; store it anew.`,
    );
  }
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  const pair = credential.includes(":") ? credential : `${deployment}:${credential}`;
  const bare = [credential, pair, pair.slice(pair.indexOf(":") + 1)];
  const value = auth === "basic" ? base64(pair) : credential;
  const scheme = { basic: "Basic", bearer: "Bearer", token: "Token" }[auth];
  const secrets = bare.flatMap((secret) => [secret, base64(secret), encodeURIComponent(secret)]);
  return { header: `${scheme} ${value}`, secrets: [...new Set(secrets)] };
}

const LONGEST_QUOTE = 200;

/** Makes a server's text fit for a message: one line, no control or bidi characters, no secret, 200 characters. */
export function createCleaner(secrets: readonly string[]): (text: string) => string {
  const longestFirst = secrets
    .filter((secret) => secret !== "")
    .sort((a, b) => b.length - a.length);
  return (text) => {
    let clean = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\s]+/gu, " ").trim();
    for (const secret of longestFirst) clean = clean.replaceAll(secret, "***");
    return clean.length > LONGEST_QUOTE ? `${clean.slice(0, LONGEST_QUOTE - 1)}…` : clean;
  };
}
