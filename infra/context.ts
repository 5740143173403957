/** What every part of the stack knows of where it is. */

import { getCallerIdentity } from "@pulumi/aws/getCallerIdentity.js";
import { getPartition } from "@pulumi/aws/getPartition.js";
import { getRegion } from "@pulumi/aws/getRegion.js";
import * as pulumi from "@pulumi/pulumi";
import { safeName } from "./names.ts";

export interface StackContext {
  /** What the names of AWS resources begin with: `curfew-<stack>`. */
  name: string;
  /** What the names of log groups begin with: `/curfew/<stack>`. */
  path: string;
  account: string;
  region: string;
  partition: string;
  dnsSuffix: string;
  tags: Record<string, string>;
  /** The key for what is stored; null where AWS's own keys do. */
  keyArn: pulumi.Input<string> | null;
}

/** Asks AWS where the stack is deployed. */
export async function readContext(
  tags: Record<string, string>,
): Promise<Omit<StackContext, "keyArn">> {
  const [identity, region, partition] = await Promise.all([
    getCallerIdentity(),
    getRegion(),
    getPartition(),
  ]);
  const stack = safeName(pulumi.getStack(), 20);
  return {
    name: `curfew-${stack}`,
    path: `/curfew/${stack}`,
    account: identity.accountId,
    region: region.region,
    partition: partition.partition,
    dnsSuffix: partition.dnsSuffix,
    tags: { application: "curfew", stack: pulumi.getStack(), ...tags },
  };
}
