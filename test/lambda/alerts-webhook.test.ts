import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { SNSEvent } from "aws-lambda";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { alertText, handler } from "../../src/lambda/alerts-webhook.ts";

const ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:slack-AbCdEf";

let webhook: Server;
let secrets: Server;
let posted: unknown[] = [];
let asked: unknown[] = [];
let status = 200;
let secret: string | null = "";
let url = "";

async function served(
  answer: (request: IncomingMessage, body: string) => { status: number; body: string },
) {
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const { status, body: text } = answer(request, body);
    response.writeHead(status, { location: "/elsewhere" }).end(text);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

const portOf = (server: Server) => (server.address() as AddressInfo).port;

beforeAll(async () => {
  webhook = await served((request, body) => {
    posted.push({ path: request.url, type: request.headers["content-type"], ...JSON.parse(body) });
    return { status, body: "ok" };
  });
  secrets = await served((_, body) => {
    asked.push(JSON.parse(body));
    return secret === null
      ? { status: 400, body: '{"__type":"ResourceNotFoundException"}' }
      : { status: 200, body: JSON.stringify({ ARN, Name: "slack", SecretString: secret }) };
  });
  url = `http://127.0.0.1:${portOf(webhook)}/services/T0/very-secret`;
  vi.stubEnv("AWS_ACCESS_KEY_ID", "test");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "test");
  vi.stubEnv("AWS_REGION", "eu-west-1");
  vi.stubEnv("AWS_ENDPOINT_URL_SECRETS_MANAGER", `http://127.0.0.1:${portOf(secrets)}`);
});

beforeEach(() => {
  [posted, asked, status, secret] = [[], [], 200, `${url}\n`];
  vi.stubEnv("WEBHOOK_SECRET", ARN);
});

afterAll(() => {
  vi.unstubAllEnvs();
  for (const server of [webhook, secrets]) {
    server.closeAllConnections();
    server.close();
  }
});

const event = (Message: string, Subject?: string) =>
  ({ Records: [{ Sns: { Message, Subject } }] }) as unknown as SNSEvent;

async function fault(message = "hello"): Promise<string> {
  const error = await handler(event(message)).then(
    () => new Error("It was posted."),
    (thrown: Error) => thrown,
  );
  expect(error.message).not.toContain("very-secret");
  return error.message;
}

describe("the function that posts alerts", () => {
  test("posts each message to the address in the secret", async () => {
    await handler(event("drift was closed", "Curfew: production"));
    expect(asked).toEqual([{ SecretId: ARN }]);
    expect(posted).toEqual([
      {
        path: "/services/T0/very-secret",
        type: "application/json",
        text: "Curfew: production\ndrift was closed",
      },
    ]);
  });

  test.each([404, 410, 500, 302])("fails on %i, so that it is tried again", async (code) => {
    status = code;
    expect(await fault()).toContain(`The webhook answered ${code}`);
    expect(posted).toHaveLength(1);
  });

  test("fails where nobody answers, without the address", async () => {
    const gone = await served(() => ({ status: 200, body: "" }));
    const port = portOf(gone);
    gone.close();
    await once(gone, "close");
    secret = `http://127.0.0.1:${port}/very-secret`;
    expect(await fault()).toBe("The webhook could not be reached (ECONNREFUSED).");
  });

  test.each(["", "very-secret", "http://hooks.example/very-secret", "file:///very-secret"])(
    "posts nowhere for the value %j",
    async (value) => {
      secret = value;
      expect(await fault()).toContain(`What the secret ${ARN} holds is not an address`);
      expect(posted).toEqual([]);
    },
  );

  test("names the secret that has no value yet", async () => {
    secret = null;
    expect(await fault()).toContain(`can't be read from ${ARN} (ResourceNotFoundException)`);
  });

  test("says so where it was deployed without one", async () => {
    vi.stubEnv("WEBHOOK_SECRET", undefined);
    expect(await fault()).toContain("WEBHOOK_SECRET is not set");
  });
});

describe("what is posted", () => {
  const alarm = {
    AlarmName: "curfew-test-production-errors",
    AlarmDescription: "production: a run ended in an error. Its last log lines say why.",
    NewStateValue: "ALARM",
    NewStateReason: "Threshold Crossed: 1 datapoint [1.0] was greater than or equal to 1.0.",
    StateChangeTime: "2026-11-22T10:00:00.000+0000",
    Region: "EU (Ireland)",
  };
  const text = (fields: object) => alertText({ Subject: "ALARM", Message: JSON.stringify(fields) });

  test("an alarm, as sentences", () => {
    expect(text(alarm)).toBe(
      `Alarm: curfew-test-production-errors in EU (Ireland), 2026-11-22T10:00:00.000+0000
production: a run ended in an error. Its last log lines say why.
Threshold Crossed: 1 datapoint [1.0] was greater than or equal to 1.0.`,
    );
  });

  test("its end, without what to do", () => {
    const over = text({ ...alarm, NewStateValue: "OK", NewStateReason: "no datapoints" });
    expect(over).toBe(
      "Over: curfew-test-production-errors in EU (Ireland), 2026-11-22T10:00:00.000+0000\nno datapoints",
    );
  });

  test.each(['{"AlarmName":1,"NewStateValue":"ALARM"}', "[1]", "null", "not JSON"])(
    "%s is no alarm, and stays as it is",
    (Message) => {
      expect(alertText({ Message })).toBe(Message);
    },
  );

  test("can't call a channel or disguise a link", () => {
    expect(alertText({ Message: "<!channel> & <https://a.example|b>" })).toBe(
      "&lt;!channel&gt; &amp; &lt;https://a.example|b&gt;",
    );
  });

  test("is bounded, and says that it was cut", () => {
    const long = alertText({ Message: "x".repeat(10_000) });
    expect(long).toHaveLength(3_007);
    expect(long).toMatch(/… \(cut\)$/);
  });
});
