import { UsageError } from "../../errors.ts";
import type { Auth } from "../../model/policy.ts";
import type { Address } from "../http/address.ts";

/** The vendor's own hosts: `{deployment}.backend.{region}.journeyapps.com`, older `run….journeyapps.com` (docs/backends/journeyapps.md). */
export const JOURNEYAPPS_HOSTS = /\.journeyapps\.com$/;

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
export function prove(auth: Auth, credential: string, { base }: Pick<Address, "base">): Credential {
  const deployment = base.slice(base.lastIndexOf("/") + 1);
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
