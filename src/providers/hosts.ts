/**
 * Which hosts a credential may go to. The policy's author writes the address and names the credential, so without
 * this an address in a pull request could carry any secret of the process away (docs/threat-model.md, H3).
 */
import { UnreadableTargetError } from "../errors.ts";
import { isTrusted } from "../hosts.ts";
import type { Target } from "../model/policy.ts";

/**
 * Lets pass the vendor's own hosts where there are such, this machine, and what `trusted` lists: hosts with commas
 * between, of whoever runs Curfew (CURFEW_HOSTS). Throws UnreadableTargetError for any other: nothing is sent to it.
 */
export function refuseStrangeHost(
  { url, name, source }: Pick<Target, "url" | "name" | "source">,
  vendor: RegExp | null,
  trusted: string | undefined,
): void {
  const { hostname } = new URL(url);
  if (vendor?.test(hostname) || isTrusted(hostname, trusted)) return;
  throw new UnreadableTargetError(
    `${source.file}:${source.line}: ${name} is at ${hostname}, which is no host of this provider, so no credential is sent there: correct target.url, or, if the host is yours, set CURFEW_HOSTS=${hostname} where Curfew runs`,
  );
}
