/** A proxy that lets only CONNECT pass, in front of the backend, of S3 and of a webhook: all are real servers over TLS. */
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { createServer as createTls } from "node:https";
import { type AddressInfo, connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { accountAsker } from "../src/ledger/store/s3/account.ts";
import { openS3 } from "../src/ledger/store/s3/s3.ts";
import { post } from "../src/notify/post.ts";
import { certificate, ofHost, trust } from "./kit/certificate.ts";
import { identity } from "./ledger/store/s3/owned.ts";
import { clientFor, fails, GET } from "./providers/journeyapps/client-setup.ts";
import { serve, testClock } from "./providers/journeyapps/server.ts";

const BACKEND = "62d5.backend.us.journeyapps.com";
const BUCKET = "acme.s3.eu-west-1.amazonaws.com";
const STS = "sts.eu-west-1.amazonaws.com";
const HOOK = "hooks.slack.com";
const URL_OF = `https://${BACKEND}/api/v4/533bda53027894f69b001055`;
const LETTER = { url: `https://${HOOK}/services/T0`, body: "{}", headers: () => ({}) };

beforeEach(() => {
  for (const name of ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"]) {
    vi.stubEnv(name, undefined);
    vi.stubEnv(name.toLowerCase(), undefined);
  }
  return () => {
    vi.unstubAllEnvs();
  };
});

test.each(["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])(
  "the client, the AWS SDK and notify pass the proxy that %s names",
  async (name) => {
    const { proxy, asked } = await behindProxy();
    vi.stubEnv(name, proxy);
    expect(await clientFor(URL_OF).call(GET)).toMatchObject({ body: { host: BACKEND } });
    expect(await s3().get("p/state.json")).toMatchObject({ text: expect.stringContaining(BUCKET) });
    expect(await post(LETTER, { now: Date.now, sleep: async () => {} }, Date.now() + 9e3)).toBe(
      null,
    );
    expect(asked).toEqual([`${BACKEND}:443`, `${STS}:443`, `${BUCKET}:443`, `${HOOK}:443`]);
  },
);

test("what goes to this machine passes no proxy, and neither does what NO_PROXY lists", async () => {
  const { proxy, asked } = await behindProxy();
  for (const name of ["HTTPS_PROXY", "HTTP_PROXY"]) vi.stubEnv(name, proxy);
  const here = await serve(() => ({ json: { here: true } }));
  onTestFinished(here.close);
  expect(await clientFor(here.url).call(GET)).toMatchObject({ body: { here: true } });
  vi.stubEnv("NO_PROXY", `${BACKEND}, .slack.com`);
  const alone = { clock: testClock(), timeouts: { connect: 200 } };
  expect((await fails(clientFor(URL_OF, alone))).message).not.toContain("proxy");
  expect(await post(LETTER, { now: Date.now, sleep: async () => {} }, Date.now() + 500)).not.toBe(
    null,
  );
  expect(asked).toEqual([]);
});

test("the message names the proxy that can't be reached, and not its password", async () => {
  const { proxy, close } = await behindProxy();
  close();
  vi.stubEnv("HTTPS_PROXY", proxy.replace("http://", "http://joe:hush@"));
  const { message } = await fails(clientFor(URL_OF, { clock: testClock() }));
  expect(message).toContain(`refused the connection, through the proxy ${new URL(proxy).host}`);
  expect(message).toMatch(/HTTPS_PROXY.*NO_PROXY/);
  expect(message).not.toMatch(/hush|DNS/);
});

test("a proxy that wants a password is told so by its answer", async () => {
  const { proxy } = await behindProxy(() => "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
  vi.stubEnv("HTTPS_PROXY", proxy);
  const error = await fails(clientFor(URL_OF, { clock: testClock() }));
  expect(error).toMatchObject({ kind: "lasting", sent: false });
  expect(error.message).toContain(`refused with 407, through the proxy ${new URL(proxy).host}`);
});

function s3() {
  const credentials = { accessKeyId: "a", secretAccessKey: "b" };
  return openS3(
    { bucket: "acme", prefix: "" },
    {
      now: Date.now,
      env: {},
      account: accountAsker(),
      client: { region: "eu-west-1", credentials },
    },
  );
}

/** A server over TLS that says which host was meant, and a proxy that knows no other way than a tunnel to it. */
async function behindProxy(refuse: () => string | null = () => null) {
  const names = [BACKEND, STS, BUCKET, HOOK].map(ofHost);
  const { cert, key } = certificate(names);
  trust(cert);
  const tls = createTls({ cert, key }, (request, response) => {
    if (request.headers.host === STS) return response.end(identity("123456789012"));
    response.setHeader("etag", '"1"').end(JSON.stringify({ host: request.headers.host }));
  }).listen(0, "127.0.0.1");
  await once(tls, "listening");
  const asked: string[] = [];
  const proxy = createServer((_, response) => response.writeHead(405).end());
  const open = new Set<Duplex>();
  proxy.on("connect", (request: IncomingMessage, socket: Socket, head: Buffer) => {
    open.add(socket.on("error", () => {}));
    const refusal = refuse();
    if (refusal !== null) return socket.end(refusal);
    asked.push(request.url ?? "");
    const through = connect((tls.address() as AddressInfo).port, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      through.write(head);
      through.pipe(socket).pipe(through);
    });
    open.add(through.on("error", () => {}));
  });
  await once(proxy.listen(0, "127.0.0.1"), "listening");
  const { port } = proxy.address() as AddressInfo;
  const close = () => {
    for (const socket of open) socket.destroy();
    for (const server of [proxy, tls]) {
      server.closeAllConnections();
      server.close();
    }
  };
  onTestFinished(close);
  return { proxy: `http://127.0.0.1:${port}`, asked, close };
}
