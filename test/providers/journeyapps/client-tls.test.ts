/** Nobody passes for the backend: over TLS the certificate must be trusted, in force and of this very host. */
import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { certificate, ofAddress, ofHost, trust as trusted } from "../../kit/certificate.ts";
import { clientFor, fails, GET } from "./client-setup.ts";
import { testClock } from "./server.ts";

const HERE = ofAddress([127, 0, 0, 1]);
const ELSEWHERE = ofHost("backend.us.journeyapps.com");

test("a certificate of this host is taken, once it is trusted", async () => {
  const { url, trust } = await server(HERE);
  await expect(fails(clientFor(url, { clock: testClock() }))).resolves.toMatchObject({
    message: expect.stringMatching(/no trusted TLS connection .*target\.url/),
  });
  trust();
  expect(await clientFor(url).call(GET)).toMatchObject({ body: { ok: true } });
});

test.each([
  ["of another host", ELSEWHERE, "490101000000Z"],
  ["that has expired", HERE, "010101000000Z"],
])("a certificate %s is refused, though it is trusted, and nothing is sent", async (_, ...made) => {
  const { url, trust, seen } = await server(...made);
  trust();
  const error = await fails(clientFor(url, { clock: testClock() }));
  expect(error).toMatchObject({ sent: false });
  expect(error.message).toMatch(/no trusted TLS connection .*target\.url/);
  expect(seen).toEqual([]);
});

/** A server of this machine with a certificate that it made for itself; `trust` adds it to those of this process. */
async function server(name: Buffer, until = "490101000000Z") {
  const { cert, key } = certificate(name, until);
  const seen: string[] = [];
  const https = createServer({ cert, key }, (request, response) => {
    seen.push(request.url ?? "");
    response.end('{"ok":true}');
  }).listen(0, "127.0.0.1");
  await once(https, "listening");
  onTestFinished(async () => {
    https.closeAllConnections();
    https.close();
    await once(https, "close");
  });
  const trust = () => trusted(cert);
  const { port } = https.address() as AddressInfo;
  return { url: `https://127.0.0.1:${port}/api/v4/533bda53027894f69b001055`, trust, seen };
}
