/** A topic of Amazon SNS, against a server that answers as SNS does. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished, vi } from "vitest";
import type { Message } from "../../src/model/told.ts";
import { deliver } from "../../src/notify/deliver.ts";
import { policyOf, source } from "../kit/builders.ts";
import { clockAt } from "./receiver.ts";

const ARN = "arn:aws:sns:eu-central-1:123456789012:curfew";
const MESSAGE: Message = {
  ...{ id: "1", event: "lock", type: "curfew.lock", time: "2026-11-22T10:00:00.000Z" },
  ...{ title: "production: 1 user locked", lines: ["lock é", "Policy: p"], data: {} },
};
const pending = [{ channel: `sns ${ARN}`, message: MESSAGE }];
const policy = policyOf({
  notify: { channels: [{ via: "sns", to: ARN, on: ["lock"], source: source(70) }] },
});

async function sns(status: number, answer: string) {
  const got: { form: URLSearchParams; authorization: string }[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      const { authorization = "" } = request.headers;
      got.push({ form: new URLSearchParams(body), authorization });
      response.writeHead(status, { "content-type": "text/xml" }).end(answer);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    vi.unstubAllEnvs();
    server.closeAllConnections();
    server.close();
  });
  vi.stubEnv("AWS_ACCESS_KEY_ID", "test");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "test");
  vi.stubEnv("AWS_ENDPOINT_URL_SNS", `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  vi.stubEnv("AWS_REGION", undefined);
  return got;
}

it("publishes to the topic, in the topic's region", async () => {
  const got = await sns(
    200,
    "<PublishResponse><PublishResult><MessageId>m</MessageId></PublishResult></PublishResponse>",
  );
  const { settled, warnings } = await deliver(policy, pending, { env: {} }, clockAt(0));
  expect(warnings).toEqual([]);
  expect(settled).toEqual(pending);
  const [{ form, authorization }] = got as [(typeof got)[number]];
  expect(form.get("TopicArn")).toBe(ARN);
  expect(form.get("Subject")).toBe("Curfew: production: 1 user locked");
  expect(form.get("Message")).toBe("production: 1 user locked\n\nlock é\nPolicy: p\n");
  expect(authorization).toContain("/eu-central-1/sns/");
});

it("warns where the topic may not be published to, and keeps the message", async () => {
  const error = "<Error><Code>AuthorizationError</Code><Message>no</Message></Error>";
  await sns(403, `<ErrorResponse>${error}</ErrorResponse>`);
  const { settled, warnings } = await deliver(policy, pending, { env: {} }, clockAt(0));
  expect(settled).toEqual([]);
  expect(warnings).toEqual([
    expect.stringMatching(/^policies\/production\.yaml:70: sns arn:.* needs sns:Publish on it/),
  ]);
});
