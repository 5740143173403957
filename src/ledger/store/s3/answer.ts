/** Answers of S3 that break off, and those that refuse until the time of a call is over. */
import { AsyncLocalStorage } from "node:async_hooks";
import { Readable } from "node:stream";
import type { S3Client } from "@aws-sdk/client-s3";
import { answerOf } from "./failure.ts";

/** The error that S3 last answered with to a request of a call; null where it was silent since. */
export interface LastRefusal {
  error: unknown;
}

const calls = new AsyncLocalStorage<LastRefusal>();

/** Does the work of a call; what its requests are refused with is kept in `last`. */
export function noting<T>(last: LastRefusal, work: () => Promise<T>): Promise<T> {
  return calls.run(last, work);
}

/** Has the client keep what each request of a call is refused with, also where it is sent again. Returns the client. */
export function noteRefusals(client: S3Client): S3Client {
  client.middlewareStack.add(
    (next) => async (args) => {
      try {
        return await next(args);
      } catch (error) {
        const { name, status } = answerOf(error);
        const last = calls.getStore();
        // A request that was broken off since the time is over says nothing of S3.
        if (last && name !== "AbortError") last.error = status === null ? null : error;
        throw error;
      }
    },
    // Around what makes errors of answers, within what decides on repetitions.
    { step: "deserialize", priority: "high", name: "noteRefusals" },
  );
  return client;
}

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
