/** A server before the sandbox that answers a batch when it is told to. */
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export interface Gate {
  /** The deployment's address, through the gate. */
  url: string;
  /** How many batches have come. */
  batches(): number;
  /** Lets all batches through, those that wait first. */
  open(): void;
}

/** `after`: batches take effect, and their answers wait; else the batches themselves do. */
export async function gate(to: string, { after = false } = {}): Promise<Gate> {
  const target = new URL(to);
  const gates = Promise.withResolvers<void>();
  let batches = 0;
  const server = createServer(async (asked, answer) => {
    const isBatch = asked.method === "POST" && /\/batch(\.json)?$/.test(asked.url ?? "");
    const body = await bodyOf(asked);
    if (isBatch) batches++;
    if (isBatch && !after) await gates.promise;
    if (!answer.destroyed) pass(asked, body, answer, target, isBatch ? gates.promise : null);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    gates.resolve();
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${target.pathname}`,
    batches: () => batches,
    open: gates.resolve,
  };
}

async function bodyOf(asked: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of asked) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function pass(
  asked: IncomingMessage,
  body: Buffer,
  answer: ServerResponse,
  { hostname, port }: URL,
  until: Promise<void> | null,
): void {
  const { method, url: path, headers } = asked;
  const passed = request({ hostname, port, method, path, headers }, async (reply) => {
    await until;
    answer.writeHead(reply.statusCode ?? 500, reply.headers);
    reply.pipe(answer);
  });
  passed.on("error", () => answer.destroy());
  passed.end(body);
}
