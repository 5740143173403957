/** Buckets of the emulator, and a proxy before it that does what AWS may do and the emulator does not. */
import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";

/** Settings of a client that speaks to the emulator, or to a proxy before it. */
export function clientConfig(endpoint: string): S3ClientConfig {
  return {
    endpoint,
    forcePathStyle: true,
    region: "eu-central-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  };
}

/** The account that the emulator's buckets are in. */
export const ACCOUNT = "123456789012";

/** Who runs, as STS would say. */
export const account = async () => ACCOUNT;

export function clientOf(endpoint: string): S3Client {
  return new S3Client(clientConfig(endpoint));
}

/**
 * What becomes of a request: `pass` forwards it;
 * `answer` is given instead of S3's; `reset` cuts the connection before S3 sees the request; `lose` after it has
 * answered; `cut` in the midst of its answer's body, where `stall` goes silent; `silent` never answers.
 */
export type Fault =
  | { do: "answer"; status: number; body: string; headers?: Record<string, string> }
  | { do: "pass" | "reset" | "lose" | "cut" | "stall" | "silent" };

/** An error as S3 writes it. */
export function s3Error(status: number, code: string, headers: Record<string, string> = {}): Fault {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>as you say</Message></Error>`;
  return { do: "answer", status, body, headers: { "content-type": "application/xml", ...headers } };
}

/** A proxy on loopback. */
export interface S3Proxy {
  readonly url: string;
  /** What came, as `PUT /bucket/key`, in order. */
  readonly seen: string[];
  /** The next requests that fit meet these faults, one each. */
  fault(fits: RegExp, ...faults: Fault[]): void;
  /** How many faults nothing has met yet. */
  waiting(): number;
  stop(): Promise<void>;
}

/** Forwards all to `target`, but for faults. */
export async function startS3Proxy(target: string): Promise<S3Proxy> {
  const seen: string[] = [];
  const waiting: { fits: RegExp; fault: Fault }[] = [];
  const server = createServer((incoming, outgoing) => {
    const line = `${incoming.method} ${incoming.url}`;
    seen.push(line);
    const index = waiting.findIndex(({ fits }) => fits.test(line));
    const [next] = index < 0 ? [] : waiting.splice(index, 1);
    handle(target, incoming, outgoing, next?.fault ?? null);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    fault: (fits, ...faults) => waiting.push(...faults.map((fault) => ({ fits, fault }))),
    waiting: () => waiting.length,
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

function handle(
  target: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  fault: Fault | null,
): void {
  if (fault?.do === "reset") {
    incoming.socket.destroy();
  } else if (fault?.do === "silent") {
    incoming.resume();
  } else if (fault?.do === "answer") {
    incoming.resume();
    incoming.once("end", () => {
      outgoing.writeHead(fault.status, fault.headers).end(fault.body);
    });
  } else {
    const forwarded = request(new URL(incoming.url ?? "/", target), {
      method: incoming.method,
      headers: { ...incoming.headers, connection: "close" },
    });
    forwarded.on("response", (answer) => pass(answer, outgoing, fault));
    forwarded.on("error", () => outgoing.destroy());
    incoming.pipe(forwarded);
  }
}

async function pass(
  answer: IncomingMessage,
  outgoing: ServerResponse,
  fault: Fault | null,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  if (fault?.do === "lose") {
    outgoing.destroy();
    return;
  }
  const { connection, "transfer-encoding": _, ...headers } = answer.headers;
  outgoing.writeHead(answer.statusCode ?? 500, { ...headers, connection: "close" });
  const half = body.subarray(0, body.length / 2);
  if (fault?.do === "cut") outgoing.write(half, () => outgoing.destroy());
  else if (fault?.do === "stall") outgoing.write(half);
  else outgoing.end(body);
}
