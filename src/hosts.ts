/** Where things may go without a word of whoever runs Curfew, and that word (docs/contract.md, "Where things may go"). */
import { isLoopback } from "./loopback.ts";

/** Whether something may be sent to a host: this machine, or one that `trusted` lists, with commas between (CURFEW_HOSTS). */
export function isTrusted(hostname: string, trusted: string | undefined): boolean {
  const listed = (trusted ?? "").split(",").map((host) => host.trim().toLowerCase());
  return isLoopback(hostname) || listed.includes(hostname);
}
