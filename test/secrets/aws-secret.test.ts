/** What Secrets Manager may hold that is no token: told apart, and the value never repeated. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { readSecret } from "../../src/secrets/aws-secret.ts";

const BINARY = { SecretBinary: Buffer.from("hunter2").toString("base64") };
const ANSWERS: Record<string, object> = {
  plain: { SecretString: " O:hunter2\n" },
  number: { SecretString: "12345678" },
  "brace in a token": { SecretString: "{hunter2" },
  json: { SecretString: '{"token":"hunter2"}' },
  list: { SecretString: ' ["hunter2"]' },
  quoted: { SecretString: '"hunter2"' },
  binary: BINARY,
  blank: { SecretString: " \n" },
  nothing: {},
};

const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { SecretId } = JSON.parse(Buffer.concat(chunks).toString());
  response.setHeader("Content-Type", "application/x-amz-json-1.1");
  response.end(JSON.stringify({ Name: SecretId, ...ANSWERS[SecretId] }));
});

beforeAll(async () => {
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  vi.stubEnv("AWS_ENDPOINT_URL", `http://127.0.0.1:${port}`);
  vi.stubEnv("AWS_REGION", "eu-west-1");
  vi.stubEnv("AWS_ACCESS_KEY_ID", "a");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "b");
});

afterAll(() => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  server.close();
});

test.each([
  ["plain", "O:hunter2"],
  ["number", "12345678"],
  ["brace in a token", "{hunter2"],
])("%s is a token", async (name, secret) => {
  expect(await readSecret(name)).toEqual({ secret });
});

test.each([
  ["json", "is JSON: store the token alone, as plain text"],
  ["list", "is JSON: "],
  ["quoted", "is JSON: "],
  ["binary", "is binary: store the token alone, as plain text"],
  ["blank", "is empty"],
  ["nothing", "is empty"],
])("%s is none", async (name, why) => {
  const read = await readSecret(name);
  expect(read).toEqual({ why: expect.stringContaining(`the secret ${name} ${why}`) });
  expect(JSON.stringify(read)).not.toMatch(/hunter2|aHVudGVyMg/);
});
