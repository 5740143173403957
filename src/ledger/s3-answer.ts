/** Answers of S3 that break off. */
import { Readable } from "node:stream";
import type { S3Client } from "@aws-sdk/client-s3";

/**
 * Has the client read each answer whole before it counts. One that breaks off is then a request that failed, which the
 * client sends again; by itself it hands out the body as it arrives, and what happens to that is not its concern.
 * Returns the client.
 */
export function readWhole(client: S3Client): S3Client {
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const { response } = result;
      if (isAnswer(response)) response.body = Readable.from([await whole(response.body)]);
      return result;
    },
    // Next to the connection, within what decides on repetitions.
    { step: "deserialize", priority: "low", name: "readWhole" },
  );
  return client;
}

function isAnswer(response: unknown): response is { body: Readable } {
  return (response as { body?: unknown } | null)?.body instanceof Readable;
}

async function whole(body: Readable): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of body) chunks.push(chunk);
  } catch (cause) {
    // By this code the client knows what is worth another try.
    throw Object.assign(new Error("The answer broke off.", { cause }), { code: "ECONNRESET" });
  }
  return Buffer.concat(chunks);
}
