import { createHash } from "node:crypto";
import { UsageError } from "../errors.ts";

/** SHA-256 of a text: so many hexadecimal digits of it. */
function shortHash(text: string, digits: number): string {
  return createHash("sha256").update(text).digest("hex").slice(0, digits);
}

/**
 * The address of a deployment in one form: scheme and host in lower case, no default port, no slash at the end,
 * no user name, password, query or fragment. Throws UsageError where it is no absolute address.
 */
export function normaliseUrl(url: string): string {
  const parsed = URL.parse(url);
  if (parsed === null || parsed.host === "") {
    throw new UsageError(
      "The target's url is not an absolute address such as https://example.com/api/v4/1234: correct it in the policy.",
    );
  }
  return `${parsed.protocol}//${parsed.host}${parsed.pathname.replace(/\/+$/, "")}`;
}

/**
 * What a ledger is kept under, without a slash at the end: readable, and one for each deployment whatever policies
 * call it (docs/contract.md, "ledger"). `<host and last path segment>-<12 digits of the address's SHA-256>`.
 */
export function deploymentKey(url: string): string {
  const address = normaliseUrl(url);
  const [host = "", ...path] = address.replace(/^[^/]*\/\//, "").split("/");
  const slug = `${host}-${path.at(-1) ?? ""}`
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 100)
    .replace(/^-+|-+$/g, "");
  return `${slug}-${shortHash(address, 12)}`;
}

/** Where a blob of the ledger under `key` is kept that can't be understood, when it would be replaced. */
export function asideKey(key: string, text: string): string {
  return `${key}/damaged/${shortHash(text, 16)}.json`;
}
