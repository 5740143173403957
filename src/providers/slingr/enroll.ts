/** Has the app send a user a one-time code, by its script (docs/backends/slingr.md, "Codes"). */
import { UsageError } from "../../errors.ts";
import type { SlingrTarget } from "../../model/policy.ts";
import type { Enrolment } from "../../model/ports.ts";
import type { Client } from "../http/client.ts";
import type { Api } from "./api.ts";

/**
 * Sends a code to a user's address, and answers to which, masked. Throws CallError; UsageError where there is no script,
 * no such user or no address of theirs, and where nothing was sent.
 */
export async function sendCode(
  userId: string,
  { script, otp }: Pick<SlingrTarget, "script" | "otp">,
  api: Api,
  { host, clean }: Pick<Client, "host" | "clean">,
): Promise<Extract<Enrolment, { sent: string }>> {
  if (script === null) {
    throw new UsageError(
      `The REST API of ${host} sends no codes: have the app expose the script that \`curfew init --provider slingr\` writes, and name its path in target.script.`,
    );
  }
  const contact = await api.contact(userId);
  if (contact === null)
    throw new UsageError(`${host} has no user ${clean(userId)}; give the id of one.`);
  const { email, phone } = contact;
  const to = otp.by === "email" ? email : phone;
  if (to === null) {
    const what = otp.by === "email" ? "e-mail address" : "telephone number";
    const other = otp.by === "email" ? "sms" : "email";
    throw new UsageError(
      `${host} tells no ${what} of ${clean(userId)}, so no code can be sent there: set target.otp.by to ${other}.`,
    );
  }
  const sent = await api.sendOtpCode(otp.by === "email" ? { email: to } : { phone: to }, otp);
  if (sent) return { sent: otp.by, to: masked(to), lives: otp.inactivity };
  throw new UsageError(
    `${host} sent no code to ${clean(userId)}: the user may not be ACTIVE, the app may know the address ${masked(to)} of nobody or of several, or may take no such times as target.otp has.`,
  );
}

/** An address of which its owner knows that it is theirs: `j***@acme.example`, `***67`. */
function masked(address: string): string {
  const at = address.lastIndexOf("@");
  const [first = ""] = address;
  return at > 0 ? `${first}***${address.slice(at)}` : `***${address.slice(-2)}`;
}
