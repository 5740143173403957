/** Nobody passes for the backend: over TLS the certificate must be trusted, in force and of this very host. */
import { generateKeyPairSync, sign } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { expect, onTestFinished, test } from "vitest";
import { clientFor, fails, GET } from "./client-setup.ts";
import { testClock } from "./server.ts";

const HERE = der(0x87, [127, 0, 0, 1]);
const ELSEWHERE = der(0x82, "backend.us.journeyapps.com");

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
  const trust = () => {
    const before = getCACertificates("default");
    setDefaultCACertificates([...before, cert]);
    onTestFinished(() => setDefaultCACertificates(before));
  };
  const { port } = https.address() as AddressInfo;
  return { url: `https://127.0.0.1:${port}/api/v4/533bda53027894f69b001055`, trust, seen };
}

/** A self-signed X.509 certificate (RFC 5280) for a GeneralName, good from the year 2000 on, in PEM with its key. */
function certificate(name: Buffer, until: string): { cert: string; key: string } {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const sequence = (...parts: Buffer[]) => der(0x30, ...parts);
  const ecdsaWithSha256 = sequence(der(0x06, [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2]));
  const commonName = sequence(der(0x06, [0x55, 4, 3]), der(0x0c, "Curfew's tests"));
  const who = sequence(der(0x31, commonName));
  const altName = sequence(der(0x06, [0x55, 0x1d, 17]), der(0x04, sequence(name)));
  const told = sequence(
    der(0xa0, der(0x02, [2])),
    der(0x02, [1]),
    ecdsaWithSha256,
    who,
    sequence(der(0x17, "000101000000Z"), der(0x17, until)),
    who,
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(altName)),
  );
  const signature = sign("sha256", told, privateKey);
  const whole = sequence(told, ecdsaWithSha256, der(0x03, [0], signature));
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${whole.toString("base64")}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: "pkcs8", format: "pem" }) as string,
  };
}

/** One value of DER: its tag, its length, what it holds. */
function der(tag: number, ...parts: (Uint8Array | readonly number[] | string)[]): Buffer {
  const content = Buffer.concat(parts.map((part) => Buffer.from(part as string)));
  const { length } = content;
  const size = length < 0x80 ? [length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
