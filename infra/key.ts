/** The stack's own KMS key. */
import { Alias, Key } from "@pulumi/aws/kms/index.js";
import * as pulumi from "@pulumi/pulumi";
import type { StackContext } from "./context.ts";
import { keyStatements, policyDocument } from "./permissions.ts";

/** A key for all that the stack stores. It outlives the stack: without it nobody reads the ledger. */
export class StackKey extends pulumi.ComponentResource {
  readonly arn: pulumi.Output<string>;

  constructor(stack: Omit<StackContext, "keyArn">, opts?: pulumi.ComponentResourceOptions) {
    super("curfew:infra:StackKey", stack.name, {}, opts);
    const kept = { parent: this, protect: true, retainOnDelete: true };
    const key = new Key(
      stack.name,
      {
        description: "Curfew: the ledger, reports, alerts and logs",
        enableKeyRotation: true,
        deletionWindowInDays: 30,
        policy: policyDocument(keyStatements(stack)),
        tags: stack.tags,
      },
      kept,
    );
    new Alias(stack.name, { name: `alias/${stack.name}`, targetKeyId: key.keyId }, kept);
    this.arn = key.arn;
    this.registerOutputs({ arn: key.arn });
  }
}
