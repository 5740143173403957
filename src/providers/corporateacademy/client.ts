/** A client for one service of corporateacademy-auth. */
import { UsageError } from "../../errors.ts";
import { readAddress } from "../http/address.ts";
import { type Client, createClient, type Manner } from "../http/client.ts";
import { meaningOf, readError } from "./faults.ts";

export interface ServiceOptions extends Manner {
  /** The mediator's address; http for loopback only. */
  url: string;
  /** The Bearer of `get-jwt-token`; empty where none is needed. */
  credential: string;
}

/**
 * A client for one service, each of whose calls brings its own proof. Throws UsageError for an address or a credential
 * that can't be used.
 */
export function academyClient({ url, credential, ...manner }: ServiceOptions): Client {
  if (!/^[\x21-\x7e]*$/.test(credential))
    throw new UsageError(
      "The credential that target.credentials points to holds a line break or a character no header takes; store it anew.",
    );
  const address = readAddress(url, "https://…/rest-api/corporateacademy-mediator");
  return createClient({
    ...manner,
    ...{ address, readError, meaningOf },
    silent: true,
    proof: () => ({}),
    secrets: () => (credential === "" ? [] : [credential, encodeURIComponent(credential)]),
  });
}
