/** The clients with which the tests speak to moto. */
import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { IAMClient } from "@aws-sdk/client-iam";
import { KMSClient } from "@aws-sdk/client-kms";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { S3Client } from "@aws-sdk/client-s3";
import { SchedulerClient } from "@aws-sdk/client-scheduler";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SNSClient } from "@aws-sdk/client-sns";
import { SQSClient } from "@aws-sdk/client-sqs";

export interface Clients {
  region: string;
  cloudwatch: CloudWatchClient;
  logs: CloudWatchLogsClient;
  iam: IAMClient;
  kms: KMSClient;
  lambda: LambdaClient;
  s3: S3Client;
  scheduler: SchedulerClient;
  secrets: SecretsManagerClient;
  sns: SNSClient;
  sqs: SQSClient;
}

/** moto's only account. */
export const ACCOUNT = "123456789012";

export function clientsOf(endpoint: string, region: string): Clients {
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  // moto answers at once or never.
  const config = { endpoint, region, credentials, maxAttempts: 1 };
  return {
    region,
    cloudwatch: new CloudWatchClient(config),
    logs: new CloudWatchLogsClient(config),
    iam: new IAMClient(config),
    kms: new KMSClient(config),
    lambda: new LambdaClient(config),
    s3: new S3Client(config),
    scheduler: new SchedulerClient(config),
    secrets: new SecretsManagerClient(config),
    sns: new SNSClient(config),
    sqs: new SQSClient(config),
  };
}
