/** Where an app of Slingr is, and what proves who we are there (docs/backends/slingr.md, "Address and credential"). */
import { UsageError } from "../../errors.ts";
import type { SlingrTarget } from "../../model/policy.ts";
import type { Address } from "../http/address.ts";

/** The vendor's own hosts: `{app}.slingrs.io`. */
export const SLINGR_HOSTS = /\.slingrs\.io$/;

export type Credential = ({ email: string; password: string } | { token: string }) & {
  /** Every form in which it must never be shown. */
  secrets: string[];
};

/** A credential, `email:password` for a login. Throws UsageError for one that can't be sent. */
export function readCredential(auth: SlingrTarget["auth"], text: string): Credential {
  if (auth === "token") {
    if (!/^[\x21-\x7e]+$/.test(text))
      throw wrong("is no API token: it is empty, or holds a character that no header takes");
    return { token: text, secrets: formsOf(text) };
  }
  const colon = text.indexOf(":");
  const [email, password] = [text.slice(0, Math.max(colon, 0)), text.slice(colon + 1)];
  if (email === "" || password === "" || /\p{Cc}/u.test(text))
    throw wrong("is not of the form email:password, in one line");
  return { email, password, secrets: [...formsOf(text), ...formsOf(password)] };
}

/** A secret as it may stand in a header, a path or JSON. */
export function formsOf(secret: string): string[] {
  const forms = [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)];
  return [...new Set([...forms, Buffer.from(secret).toString("base64")])];
}

function wrong(fault: string): UsageError {
  return new UsageError(
    `The credential that target.credentials points to ${fault}; store it anew, or correct target.auth.`,
  );
}

/** The `{env}` of an address; null where it is built otherwise. */
export function environmentOf({ base }: Pick<Address, "base">): string | null {
  return /^\/([^/]+)\/runtime\/api$/.exec(base)?.[1] ?? null;
}

/** The `{app}` of an address; null where the host is not the vendor's. */
export function appOf({ host }: Pick<Address, "host">): string | null {
  return SLINGR_HOSTS.test(host) ? (host.split(".")[0] ?? null) : null;
}
