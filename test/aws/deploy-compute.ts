/** Roles, functions and schedules. */
import {
  CreateOpenIDConnectProviderCommand,
  CreateRoleCommand,
  PutRolePolicyCommand,
} from "@aws-sdk/client-iam";
import {
  AddPermissionCommand,
  CreateFunctionCommand,
  PutFunctionConcurrencyCommand,
  PutFunctionEventInvokeConfigCommand,
} from "@aws-sdk/client-lambda";
import { CreateBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { CreateScheduleCommand, CreateScheduleGroupCommand } from "@aws-sdk/client-scheduler";
import { z } from "zod";
import { autoName, document, given, type Maker, maker, tagged, tagList } from "./maker.ts";
import { zipFolder } from "./zip.ts";

const text = z.string();
const count = z.number().int().nonnegative();

const ROLES: Record<string, Maker> = {
  "aws:iam/role:Role": maker(
    {
      name: text.optional(),
      description: text.optional(),
      assumeRolePolicy: document,
      maxSessionDuration: count.optional(),
      ...tagged,
    },
    async ({ iam }, inputs, name) => {
      const RoleName = inputs.name ?? autoName(name);
      const { Role } = await iam.send(
        new CreateRoleCommand({
          RoleName,
          Description: inputs.description,
          AssumeRolePolicyDocument: inputs.assumeRolePolicy,
          MaxSessionDuration: inputs.maxSessionDuration,
          Tags: tagList(inputs.tags),
        }),
      );
      return { id: RoleName, outputs: { name: RoleName, arn: given(Role?.Arn) } };
    },
  ),
  "aws:iam/rolePolicy:RolePolicy": maker(
    { name: text.optional(), role: text, policy: document },
    async ({ iam }, { role: RoleName, policy: PolicyDocument, ...inputs }, name) => {
      const PolicyName = inputs.name ?? autoName(name);
      await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument }));
      return { id: `${RoleName}:${PolicyName}`, outputs: { name: PolicyName } };
    },
  ),
  "aws:iam/openIdConnectProvider:OpenIdConnectProvider": maker(
    { url: z.url(), clientIdLists: z.array(text), ...tagged },
    async ({ iam }, { url: Url, clientIdLists: ClientIDList, tags }) => {
      const { OpenIDConnectProviderArn } = await iam.send(
        new CreateOpenIDConnectProviderCommand({ Url, ClientIDList, Tags: tagList(tags) }),
      );
      const arn = given(OpenIDConnectProviderArn);
      return { id: arn, outputs: { arn } };
    },
  ),
};

/** The bucket in which packages wait for Lambda: moto does not give back what it was sent directly. */
export const PACKAGES = "packages";

const FUNCTIONS: Record<string, Maker> = {
  "aws:lambda/function:Function": maker(
    {
      name: text,
      description: text.optional(),
      role: text,
      runtime: z.literal("nodejs24.x"),
      architectures: z.tuple([z.literal("arm64")]),
      handler: text,
      code: z.strictObject({ archive: text }),
      memorySize: count,
      timeout: count,
      reservedConcurrentExecutions: count.optional(),
      environment: z.strictObject({ variables: z.record(text, text) }),
      loggingConfig: z.strictObject({
        logFormat: z.literal("JSON"),
        logGroup: text,
        applicationLogLevel: z.enum(["DEBUG", "INFO"]),
        systemLogLevel: z.enum(["DEBUG", "INFO"]),
      }),
      ...tagged,
    },
    async ({ lambda, s3, region }, inputs) => {
      const { loggingConfig, tags } = inputs;
      const uploaded = { Bucket: PACKAGES, Key: `${inputs.name}.zip` };
      const LocationConstraint = region as "eu-west-1";
      const CreateBucketConfiguration = { LocationConstraint };
      await s3
        .send(new CreateBucketCommand({ Bucket: PACKAGES, CreateBucketConfiguration }))
        .catch(unlessOurs);
      const Body = await zipFolder(inputs.code.archive);
      await s3.send(new PutObjectCommand({ ...uploaded, Body }));
      const { FunctionArn } = await lambda.send(
        new CreateFunctionCommand({
          FunctionName: inputs.name,
          Description: inputs.description,
          Role: inputs.role,
          // This release of the SDK and of moto may not list the newest runtime; AWS does.
          Runtime: inputs.runtime as "nodejs22.x",
          Architectures: inputs.architectures,
          Handler: inputs.handler,
          Code: { S3Bucket: uploaded.Bucket, S3Key: uploaded.Key },
          MemorySize: inputs.memorySize,
          Timeout: inputs.timeout,
          Environment: { Variables: inputs.environment.variables },
          LoggingConfig: {
            LogFormat: loggingConfig.logFormat,
            LogGroup: loggingConfig.logGroup,
            ApplicationLogLevel: loggingConfig.applicationLogLevel,
            SystemLogLevel: loggingConfig.systemLogLevel,
          },
          ...(tags && { Tags: tags }),
        }),
      );
      const { reservedConcurrentExecutions } = inputs;
      if (reservedConcurrentExecutions !== undefined) {
        await lambda.send(
          new PutFunctionConcurrencyCommand({
            FunctionName: inputs.name,
            ReservedConcurrentExecutions: reservedConcurrentExecutions,
          }),
        );
      }
      return { id: inputs.name, outputs: { arn: given(FunctionArn) } };
    },
  ),
  "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": maker(
    {
      functionName: text,
      maximumRetryAttempts: count.max(2),
      maximumEventAgeInSeconds: count.min(60),
      destinationConfig: z
        .strictObject({ onFailure: z.strictObject({ destination: text }) })
        .optional(),
    },
    async ({ lambda }, { functionName: FunctionName, ...inputs }) => {
      const Destination = inputs.destinationConfig?.onFailure.destination;
      await lambda.send(
        new PutFunctionEventInvokeConfigCommand({
          FunctionName,
          MaximumRetryAttempts: inputs.maximumRetryAttempts,
          MaximumEventAgeInSeconds: inputs.maximumEventAgeInSeconds,
          ...(Destination !== undefined && { DestinationConfig: { OnFailure: { Destination } } }),
        }),
      );
      return { id: FunctionName, outputs: {} };
    },
  ),
  "aws:lambda/permission:Permission": maker(
    {
      function: text,
      action: z.literal("lambda:InvokeFunction"),
      principal: text,
      sourceArn: text,
      sourceAccount: text.optional(),
    },
    async ({ lambda }, inputs, name) => {
      await lambda.send(
        new AddPermissionCommand({
          FunctionName: inputs.function,
          StatementId: autoName(name),
          Action: inputs.action,
          Principal: inputs.principal,
          SourceArn: inputs.sourceArn,
          SourceAccount: inputs.sourceAccount,
        }),
      );
      return { id: autoName(name), outputs: {} };
    },
  ),
};

function unlessOurs(error: unknown): void {
  if (!(error instanceof Error && error.name === "BucketAlreadyOwnedByYou")) throw error;
}

const SCHEDULES: Record<string, Maker> = {
  "aws:scheduler/scheduleGroup:ScheduleGroup": maker(
    { name: text, ...tagged },
    async ({ scheduler }, { name: Name, tags }) => {
      const { ScheduleGroupArn } = await scheduler.send(
        new CreateScheduleGroupCommand({ Name, Tags: tagList(tags) }),
      );
      return { id: Name, outputs: { arn: given(ScheduleGroupArn) } };
    },
  ),
  "aws:scheduler/schedule:Schedule": maker(
    {
      name: text,
      groupName: text,
      description: text.optional(),
      scheduleExpression: text,
      scheduleExpressionTimezone: text,
      flexibleTimeWindow: z.strictObject({
        mode: z.literal("FLEXIBLE"),
        maximumWindowInMinutes: count,
      }),
      state: z.enum(["ENABLED", "DISABLED"]),
      target: z.strictObject({
        arn: text,
        roleArn: text,
        input: text,
        retryPolicy: z.strictObject({
          maximumEventAgeInSeconds: count,
          maximumRetryAttempts: count,
        }),
        deadLetterConfig: z.strictObject({ arn: text }),
      }),
    },
    async ({ scheduler }, { target, flexibleTimeWindow, ...inputs }) => {
      const { ScheduleArn } = await scheduler.send(
        new CreateScheduleCommand({
          Name: inputs.name,
          GroupName: inputs.groupName,
          Description: inputs.description,
          ScheduleExpression: inputs.scheduleExpression,
          ScheduleExpressionTimezone: inputs.scheduleExpressionTimezone,
          FlexibleTimeWindow: {
            Mode: flexibleTimeWindow.mode,
            MaximumWindowInMinutes: flexibleTimeWindow.maximumWindowInMinutes,
          },
          State: inputs.state,
          Target: {
            Arn: target.arn,
            RoleArn: target.roleArn,
            Input: target.input,
            RetryPolicy: {
              MaximumEventAgeInSeconds: target.retryPolicy.maximumEventAgeInSeconds,
              MaximumRetryAttempts: target.retryPolicy.maximumRetryAttempts,
            },
            DeadLetterConfig: { Arn: target.deadLetterConfig.arn },
          },
        }),
      );
      return { id: inputs.name, outputs: { arn: given(ScheduleArn) } };
    },
  ),
};

export const COMPUTE: Readonly<Record<string, Maker>> = { ...ROLES, ...FUNCTIONS, ...SCHEDULES };
