/** What AWS would answer: plausible outputs of the resources that the stack registers, and of what it asks for. */

export const ACCOUNT = "123456789012";
export const REGION = "eu-west-1";

export type Values = Record<string, unknown>;

/** The answers to the program's questions. */
export function answer(token: string): Values {
  switch (token) {
    case "aws:index/getCallerIdentity:getCallerIdentity":
      return { accountId: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:user/deployer`, id: ACCOUNT };
    case "aws:index/getRegion:getRegion":
      return { region: REGION, name: REGION, id: REGION, description: "Europe (Ireland)" };
    case "aws:index/getPartition:getPartition":
      return { partition: "aws", dnsSuffix: "amazonaws.com", id: "aws" };
    default:
      throw new Error(`The program asks ${token}, and the test has no answer.`);
  }
}

/** The id and the outputs of a resource, given its inputs as they are registered. */
export function outputsOf(
  type: string,
  name: string,
  inputs: Values,
): { id: string; state: Values } {
  const called = (key: string) => String(inputs[key] ?? `${name}-0a1b2c3`);
  const here = (service: string, rest: string) => `arn:aws:${service}:${REGION}:${ACCOUNT}:${rest}`;
  const own = (id: string, more: Values) => ({ id, state: { ...inputs, ...more } });
  switch (type) {
    case "aws:s3/bucket:Bucket": {
      const bucket = called("bucket");
      return own(bucket, { bucket, arn: `arn:aws:s3:::${bucket}` });
    }
    case "aws:lambda/function:Function": {
      const at = called("name");
      return own(at, { name: at, arn: here("lambda", `function:${at}`) });
    }
    case "aws:iam/role:Role": {
      const at = called("name");
      return own(at, { name: at, arn: `arn:aws:iam::${ACCOUNT}:role/${at}` });
    }
    case "aws:cloudwatch/logGroup:LogGroup": {
      const at = called("name");
      return own(at, { name: at, arn: here("logs", `log-group:${at}`) });
    }
    case "aws:sns/topic:Topic": {
      const arn = here("sns", called("name"));
      return own(arn, { name: called("name"), arn });
    }
    case "aws:sqs/queue:Queue": {
      const at = called("name");
      const url = `https://sqs.${REGION}.amazonaws.com/${ACCOUNT}/${at}`;
      return own(url, { name: at, url, arn: here("sqs", at) });
    }
    case "aws:kms/key:Key": {
      const keyId = "1234abcd-12ab-34cd-56ef-1234567890ab";
      return own(keyId, { keyId, arn: here("kms", `key/${keyId}`) });
    }
    case "aws:secretsmanager/secret:Secret": {
      const arn = here("secretsmanager", `secret:${called("name")}-AbCdEf`);
      return own(arn, { name: called("name"), arn });
    }
    case "aws:scheduler/scheduleGroup:ScheduleGroup": {
      const at = called("name");
      return own(at, { name: at, arn: here("scheduler", `schedule-group/${at}`) });
    }
    case "aws:iam/openIdConnectProvider:OpenIdConnectProvider": {
      const issuer = String(inputs.url).replace("https://", "");
      const arn = `arn:aws:iam::${ACCOUNT}:oidc-provider/${issuer}`;
      return own(arn, { arn });
    }
    default:
      return own(`${name}-id`, {});
  }
}
