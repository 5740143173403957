import { createHash } from "node:crypto";
import { type CompactVerifyResult, compactVerify, errors, SignJWT } from "jose";
import type { Instant } from "../../../model/vocabulary.ts";
import type { Token, TokenChoices } from "./types.ts";

const ALGORITHM = "HS256";

/** Signs JWTs. The same token gives the same JWT at any time, so that none is kept. */
export class Signer {
  readonly #key: Uint8Array;
  readonly #choices: Pick<TokenChoices, "claims" | "exp">;

  constructor(seed: number, choices: Pick<TokenChoices, "claims" | "exp">) {
    this.#key = createHash("sha256").update(`academy ${seed}`).digest();
    this.#choices = choices;
  }

  sign(token: Token): Promise<string> {
    return new SignJWT(this.#payload(token))
      .setProtectedHeader({ alg: ALGORITHM, typ: "JWT" })
      .sign(this.#key);
  }

  /** The serial number of a JWT of ours, whether or not it lives; undefined where it is none. */
  async serial(jwt: string): Promise<number | undefined> {
    let read: CompactVerifyResult;
    try {
      read = await compactVerify(jwt, this.#key, { algorithms: [ALGORITHM] });
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined;
      throw error;
    }
    return Number(JSON.parse(Buffer.from(read.payload).toString("utf8")).jti);
  }

  #payload(token: Token): Record<string, unknown> {
    const { claims, exp } = this.#choices;
    const end = exp === "login" ? token.expires : (token.persistentUntil ?? token.expires);
    const named: [string | undefined, string | number | null][] = [
      [claims.user, token.user],
      [claims.signedInAt, seconds(token.signedInAt)],
      [claims.lastUsedAt, seconds(token.issuedAt)],
      [claims.deviceType, token.deviceType],
      [claims.userAgent, token.userAgent],
    ];
    const carried = named.filter(([name, value]) => name !== undefined && value !== null);
    const own = { iat: seconds(token.issuedAt), exp: seconds(end), jti: String(token.serial) };
    return { ...Object.fromEntries(carried), ...own };
  }
}

const seconds = (at: Instant) => Math.floor(at / 1000);
