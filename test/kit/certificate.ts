/** Certificates that a server of this machine makes for itself, and what it takes to trust them. */
import { generateKeyPairSync, sign } from "node:crypto";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { onTestFinished } from "vitest";

/** A GeneralName of a host. */
export const ofHost = (host: string): Buffer => der(0x82, host);
/** A GeneralName of an IPv4 address. */
export const ofAddress = (bytes: readonly number[]): Buffer => der(0x87, bytes);

/** This process trusts the certificate until the test has ended. */
export function trust(cert: string): void {
  const before = getCACertificates("default");
  setDefaultCACertificates([...before, cert]);
  onTestFinished(() => setDefaultCACertificates(before));
}

/** A self-signed X.509 certificate (RFC 5280) for GeneralNames, good from the year 2000 on, in PEM with its key. */
export function certificate(
  name: Buffer | readonly Buffer[],
  until = "490101000000Z",
): { cert: string; key: string } {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const sequence = (...parts: Buffer[]) => der(0x30, ...parts);
  const ecdsaWithSha256 = sequence(der(0x06, [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2]));
  const commonName = sequence(der(0x06, [0x55, 4, 3]), der(0x0c, "Curfew's tests"));
  const who = sequence(der(0x31, commonName));
  const altName = sequence(der(0x06, [0x55, 0x1d, 17]), der(0x04, sequence(...[name].flat())));
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
