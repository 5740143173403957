/**
 * A deployment whose policies changed runs at once: a merged lock does not wait for the hour. The bucket tells the
 * function of a changed marker, without waiting for its run (an invocation by Pulumi would wait, and a run that was
 * refused would fail the deployment).
 */
import { Permission } from "@pulumi/aws/lambda/index.js";
import { BucketNotification, BucketObjectv2 } from "@pulumi/aws/s3/index.js";
import * as pulumi from "@pulumi/pulumi";
import type { StackContext } from "./context.ts";
import type { CurfewFunction } from "./function.ts";
import { DEPLOYED_PREFIX, type StackTarget } from "./targets.ts";

interface DeployedRun {
  target: StackTarget;
  lambda: CurfewFunction;
}

export interface RunsOnDeployArgs {
  stack: StackContext;
  bucket: { bucket: pulumi.Input<string>; arn: pulumi.Input<string> };
  runs: readonly DeployedRun[];
}

export class RunsOnDeploy extends pulumi.ComponentResource {
  constructor(name: string, args: RunsOnDeployArgs, opts?: pulumi.ComponentResourceOptions) {
    super("curfew:infra:RunsOnDeploy", name, {}, opts);
    const own = { parent: this };
    const { stack, bucket, runs } = args;
    const permissions = runs.map(
      ({ target, lambda }) =>
        new Permission(
          `${target.slug}-deployed`,
          {
            function: lambda.functionName,
            action: "lambda:InvokeFunction",
            principal: "s3.amazonaws.com",
            sourceArn: bucket.arn,
            // The name of a bucket could change hands; the account's number can't.
            sourceAccount: stack.account,
          },
          own,
        ),
    );
    // A bucket has one list of notifications: it is all here.
    const notification = new BucketNotification(
      name,
      {
        bucket: bucket.bucket,
        lambdaFunctions: runs.map(({ target, lambda }) => ({
          id: target.slug,
          lambdaFunctionArn: lambda.arn,
          events: ["s3:ObjectCreated:*"],
          filterPrefix: markerKey(target),
        })),
      },
      // S3 tries whether it may invoke them.
      { ...own, dependsOn: permissions },
    );
    for (const { target, lambda } of runs) {
      new BucketObjectv2(
        `${target.slug}-deployed`,
        {
          bucket: bucket.bucket,
          key: markerKey(target),
          contentType: "application/json",
          // No commit in it: what changes it is what the policy says, not what stands around it.
          content: JSON.stringify({ target: target.name, policy: target.policyDigest }),
          tags: stack.tags,
        },
        { ...own, dependsOn: [notification, ...lambda.ready] },
      );
    }
    this.registerOutputs({});
  }
}

function markerKey({ slug }: StackTarget): string {
  return `${DEPLOYED_PREFIX}/${slug}.json`;
}
