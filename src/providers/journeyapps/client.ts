/** A client for one JourneyApps deployment. */
import type { Auth } from "../../model/policy.ts";
import { readAddress } from "../http/address.ts";
import { type Client, createClient, type Manner } from "../http/client.ts";
import { prove } from "./address.ts";
import { meaningOf } from "./faults.ts";
import { readError } from "./wire.ts";

export interface DeploymentOptions extends Manner {
  /** The deployment's address, `https://…/api/v4/{deployment id}`; http for loopback only. */
  url: string;
  auth: Auth;
  credential: string;
}

/** A client for one deployment. Throws UsageError for an address or a credential that can't be used. */
export function deploymentClient({ url, auth, credential, ...manner }: DeploymentOptions): Client {
  const address = readAddress(url, "https://…/api/v4/{deployment id}");
  const { header, secrets } = prove(auth, credential, address);
  const proof = () => ({ authorization: header });
  return createClient({
    ...manner,
    ...{ address, proof, readError, meaningOf },
    secrets: () => secrets,
  });
}
