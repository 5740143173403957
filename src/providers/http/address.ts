/** Where a backend is, and what of its texts may be shown. */
import { UsageError } from "../../errors.ts";
import { isLoopback } from "../../loopback.ts";

/** Where a backend is. */
export interface Address {
  /** Scheme, host and port. */
  origin: string;
  /** Host and port, for messages. */
  host: string;
  /** The path before every call's own, without a slash at the end. */
  base: string;
}

/**
 * Reads `target.url`, which `like` shows as the provider writes it. Throws UsageError for what is no address, or would
 * show the credential to the network.
 */
export function readAddress(text: string, like: string): Address {
  const url = URL.parse(text);
  if (!url || !["http:", "https:"].includes(url.protocol)) {
    throw new UsageError(`target.url is not a web address; give ${like}.`);
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
  return { origin: url.origin, host: url.host, base: url.pathname.replace(/\/+$/, "") };
}

const LONGEST_QUOTE = 200;

/** Makes a server's text fit for a message: one line, no control or bidi characters, no secret, 200 characters. */
export function createCleaner(secrets: () => readonly string[]): (text: string) => string {
  return (text) => {
    const line = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\s]+/gu, " ").trim();
    const clean = without(line, secrets());
    return clean.length > LONGEST_QUOTE ? `${clean.slice(0, LONGEST_QUOTE - 1)}…` : clean;
  };
}

/** A text with every secret in it as `***`, the longest first. */
export function without(text: string, secrets: readonly string[] = []): string {
  return secrets
    .filter((secret) => secret !== "")
    .sort((a, b) => b.length - a.length)
    .reduce((clean, secret) => clean.replaceAll(secret, "***"), text);
}
