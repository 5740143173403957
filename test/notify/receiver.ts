/** A webhook on this machine that keeps what it gets and answers as it is told. */
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface Receiver {
  url: string;
  got: Received[];
  /** The status of the next answers; 200 at first. */
  status: number;
  /** Which bodies are answered with 422. */
  refuses: (body: string) => boolean;
  /** Headers of the answers. */
  headers: Record<string, string>;
  /** What the answers say. */
  text: string;
  /** Never answers while true. */
  silent: boolean;
  /** The most requests that were under way at once. */
  most: number;
}

/** Closed after the test. */
export async function receiver(): Promise<Receiver> {
  let open = 0;
  const server = createServer((request, response) => {
    open++;
    on.most = Math.max(on.most, open);
    response.on("close", () => open--);
    const chunks: Buffer[] = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString("utf8");
      on.got.push({ path: request.url ?? "", headers: request.headers, body });
      if (on.silent) return;
      // Later, so that requests that may be under way at once are.
      const status = on.refuses(body) ? 422 : on.status;
      setTimeout(() => response.writeHead(status, on.headers).end(on.text), 1);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  const on: Receiver = {
    ...{ url, got: [], status: 200, headers: {}, text: "ok", silent: false, most: 0 },
    refuses: () => false,
  };
  return on;
}

/** A clock that waits for nothing; `waited` says for how long it should have. */
export function clockAt(now: number) {
  const clock = {
    waited: [] as number[],
    time: now,
    now: () => clock.time,
    sleep: async (ms: number) => {
      clock.waited.push(ms);
      clock.time += ms;
    },
  };
  return clock;
}
