/** The events that the function gets, made from what is stored: by the schedule, and by the bucket. */
import { GetBucketNotificationConfigurationCommand } from "@aws-sdk/client-s3";
import { GetScheduleCommand } from "@aws-sdk/client-scheduler";
import { given } from "./maker.ts";
import type { World } from "./world.ts";

/** What EventBridge Scheduler would send: the stored input, with its own values filled in. */
export async function scheduledEvent(
  { deployment, target }: World,
  at = new Date(),
  id = "d32c5kddcf5bb8c3",
): Promise<unknown> {
  const { inputs } = deployment.one("aws:scheduler/schedule:Schedule", target);
  const { Target } = await deployment.aws.scheduler.send(
    new GetScheduleCommand({ Name: inputs.name as string, GroupName: inputs.groupName as string }),
  );
  const text = given(Target?.Input)
    .replace("<aws.scheduler.scheduled-time>", at.toISOString().replace(/\.\d+Z/, "Z"))
    .replace("<aws.scheduler.execution-id>", id);
  if (text.includes("<aws.")) throw new Error(`The schedule's input asks for more: ${text}`);
  return JSON.parse(text);
}

/** What S3 sends when the marker of a deployment changes. Throws where the bucket would send nothing to the function. */
export async function deployedEvent({ deployment, target, bucket }: World): Promise<unknown> {
  const { id: key } = deployment.one("aws:s3/bucketObjectv2:BucketObjectv2", `${target}-deployed`);
  const { outputs } = deployment.one("aws:lambda/function:Function", target);
  const asked = new GetBucketNotificationConfigurationCommand({ Bucket: bucket });
  const { LambdaFunctionConfigurations = [] } = await deployment.aws.s3.send(asked);
  const meant = LambdaFunctionConfigurations.find(({ LambdaFunctionArn, Filter }) => {
    const prefix = Filter?.Key?.FilterRules?.find(({ Name }) => Name?.toLowerCase() === "prefix");
    return LambdaFunctionArn === outputs.arn && key.startsWith(prefix?.Value ?? "");
  });
  if (!meant) throw new Error(`The bucket tells nobody of ${key}.`);
  const s3 = { configurationId: meant.Id, bucket: { name: bucket }, object: { key } };
  return { Records: [{ eventSource: "aws:s3", eventName: "ObjectCreated:Put", s3 }] };
}
