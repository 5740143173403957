/** The part of the policy's schema that says who is told. */
import * as z from "zod";
import { NOTIFY_EVENTS } from "../../model/policy.ts";
import { duration, reference, topic, webhook, words } from "../values/values.ts";

const secret = () =>
  reference()
    .describe(
      "Where the secret is kept that signs what is sent (Standard Webhooks: whsec_ and base64); never the secret itself.",
    )
    .meta({ examples: ["aws-secret:curfew/webhook"] });

export const notify = z.strictObject({
  channels: z
    .array(
      z.strictObject({
        slack: reference()
          .describe(
            "Where the address of a Slack-compatible webhook is kept: the address is a secret.",
          )
          .meta({ examples: ["env:SLACK_WEBHOOK"] })
          .exactOptional(),
        webhook: webhook()
          .describe("The address for CloudEvents, signed; a reference where it holds a secret.")
          .exactOptional(),
        secret: secret().exactOptional(),
        sns: topic().describe("The ARN of an Amazon SNS topic.").exactOptional(),
        on: words(z.enum(NOTIFY_EVENTS))
          .min(1)
          .describe("What it is told of; everything where absent.")
          .exactOptional(),
      }),
    )
    .min(1)
    .describe("Who is told; each names one of slack, webhook and sns.")
    .exactOptional(),
  users: z
    .strictObject({
      before: duration()
        .describe("How long before a session falls due its user is told of.")
        .meta({ examples: ["3d"] }),
      webhook: webhook().describe("The address for one signed CloudEvent a user."),
      secret: secret(),
    })
    .describe("A heads-up to users through a service of yours, before a session falls due.")
    .exactOptional(),
});
