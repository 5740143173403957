/** The HTTP server that sandboxes stand behind, on this machine only. */
import { once } from "node:events";
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { UsageError } from "../../errors.ts";

/** An answer; an empty body is none at all. */
export interface Reply {
  status: number;
  body: string;
  headers?: Record<string, string>;
}

/**
 * How an answer goes out: whole; not at all, the connection closed or reset; or half of it, then a reset. What the
 * request did has been done by then.
 */
export type Sending = "whole" | "closed" | "reset" | "half";

interface Answer {
  reply: Reply;
  sent: Sending;
}

/** Takes a request in: how many milliseconds to wait before it takes effect, and what then answers it. */
export type Answerer = (request: Received) => {
  wait: number;
  answer(): Answer | Promise<Answer>;
};

export interface Received {
  method: string;
  /** Path and query, as they came. */
  target: string;
  authorization: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** A listening server. */
export interface Listening {
  port: number;
  /** Ends every connection, also those in use. */
  close(): Promise<void>;
}

/** Listens on 127.0.0.1. Throws UsageError where the port is taken. */
export async function listen(port: number, answerer: Answerer): Promise<Listening> {
  const ended = new AbortController();
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    exchange(request, response, answerer, ended.signal).catch((error) => {
      // The client went away, or the sandbox is closing: nobody is left to tell.
      if (ended.signal.aborted || request.destroyed || error.code === "ECONNRESET") return;
      process.stderr.write(`${error.stack}\n`);
      response.destroy();
    });
  });
  try {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === "EADDRINUSE" ? "is in use" : `can't be used (${code ?? message})`;
    throw new UsageError(`Port ${port} ${why}. Choose another with --port, or any with --port 0.`);
  }
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      ended.abort();
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function exchange(
  request: IncomingMessage,
  response: ServerResponse,
  answerer: Answerer,
  signal: AbortSignal,
): Promise<void> {
  const received: Received = {
    method: request.method ?? "",
    target: request.url ?? "",
    authorization: request.headers.authorization ?? "",
    headers: request.headers,
    body: await text(request),
  };
  const { wait, answer } = answerer(received);
  if (wait > 0) await sleep(wait, undefined, { signal });
  send(response, await answer());
}

async function text(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

function send(response: ServerResponse, { reply, sent }: Answer): void {
  const { socket } = response;
  const length = Buffer.byteLength(reply.body);
  const headers = {
    ...(reply.body === "" ? {} : { "content-type": "application/json; charset=utf-8" }),
    ...(reply.status === 204 ? {} : { "content-length": length }),
    ...reply.headers,
  };
  if (sent === "closed") {
    socket?.destroySoon();
  } else if (sent === "reset") {
    socket?.resetAndDestroy();
  } else if (sent === "half") {
    // More than there is, so that an answer without a body is cut too.
    response.writeHead(reply.status === 204 ? 200 : reply.status, {
      ...headers,
      "content-length": length + 2,
    });
    response.flushHeaders();
    response.write(half(reply.body) || " ", () => setImmediate(() => socket?.resetAndDestroy()));
  } else {
    response.writeHead(reply.status, headers).end(reply.body);
  }
}

/** The first half of a text. */
export function half(text: string): string {
  return text.slice(0, Math.floor(text.length / 2));
}
