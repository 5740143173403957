/** What the service says of a token: the only proof that it lives (docs/backends/corporateacademy.md, "What Curfew does there"). */
import { randomBytes } from "node:crypto";
import { UnreadableTargetError } from "../../errors.ts";
import { CallError } from "../http/faults.ts";
import type { Api } from "./api.ts";
import { isJwt } from "./claims.ts";

export interface Service {
  /** The JWT of a token, which a JWT itself is; null: the token is dead. Throws UnreadableTargetError. */
  jwtOf(token: string): Promise<string | null>;
  /** Throws UnreadableTargetError where it can't be told. */
  lives(jwt: string): Promise<boolean>;
  /** To be called before a refusal is believed that ends something. Throws UnreadableTargetError where our own token died. */
  confirm(): Promise<void>;
  /**
   * To be called after a whole read. Throws UnreadableTargetError where a wrong address may be all that was refused; else
   * what may be wrong, as a sentence, where nothing lived, or null.
   */
  refuseDoubt(): Promise<string | null>;
}

/** How each of the two calls answers a token that is dead: what it gives, or the status and form of its refusal. */
interface Dead {
  find: string;
  check: string;
}

const FIND = "get-jwt-token";
const CHECK = "validate-jwt-token";

/** `credential`: the Bearer of `get-jwt-token`, which must live itself; empty for none. */
export function createService(api: Api, host: string, credential: string): Service {
  let lived = false;
  let refused = false;
  let probe: Promise<Dead> | null = null;

  const answered = async <T>(method: string, dead: string, call: Promise<T>): Promise<T | null> => {
    const heard = await hear(call);
    if ("value" in heard) return heard.value;
    if (heard.form === dead) return null;
    throw new UnreadableTargetError(
      `${host} answers ${method} for a token of the register with “${heard.form}”, and for a made-up one with “${dead}”, so whether it lives can't be told: run again, and check target.url.`,
    );
  };
  const probed = async (): Promise<Dead> => {
    const madeUp = async (method: string, call: Promise<unknown>) => {
      const heard = await hear(call);
      if ("form" in heard) return heard.form;
      throw new UnreadableTargetError(
        `${host} accepts a made-up token at ${method}, so which tokens live can't be told: check target.url.`,
      );
    };
    const find = await madeUp(FIND, api.getJwtToken(randomBytes(10).toString("hex")));
    const check = await madeUp(CHECK, api.validateJwtToken(madeUpJwt()));
    await refuseDead(check);
    return { find, check };
  };
  const refuseDead = async (check: string) => {
    if (credential === "" || (await answered(CHECK, check, api.validateJwtToken(credential))))
      return;
    throw new UnreadableTargetError(
      `${host} refuses the token that target.credentials points to as it does a made-up one: store one that lives.`,
    );
  };
  const dead = () => {
    probe ??= probed().catch((error: unknown) => {
      probe = null;
      throw error;
    });
    return probe;
  };

  return {
    async jwtOf(token) {
      const { find } = await dead();
      if (isJwt(token)) return token;
      const found = await answered(FIND, find, api.getJwtToken(token));
      refused ||= found === null;
      return found;
    },
    async lives(jwt) {
      const { check } = await dead();
      const living = (await answered(CHECK, check, api.validateJwtToken(jwt))) !== null;
      lived ||= living;
      refused ||= !living;
      return living;
    },
    confirm: async () => refuseDead((await dead()).check),
    async refuseDoubt() {
      if (!refused) return null;
      const { check } = await dead();
      // What it refused after its own token died says nothing.
      await refuseDead(check);
      if (lived) return null;
      if (!check.startsWith("404 "))
        return `${host} refuses every token of the register as it does a made-up one (${check}): if some should live, check target.url and what stands before the service`;
      throw new UnreadableTargetError(
        `${host} answers 404 for every token of the register, as it would at a wrong address: check target.url, and that a token of the register lives.`,
      );
    },
  };
}

/** What a call gives, or the form in which it says no. */
async function hear<T>(call: Promise<T>): Promise<{ value: T } | { form: string }> {
  try {
    const value = await call;
    return value === null || value === false ? { form: String(value) } : { value };
  } catch (error) {
    const form = error instanceof CallError ? formOf(error) : null;
    if (form === null) throw error;
    return { form };
  }
}

/** These say something of the way or of the moment, and nothing of a token. */
const OF_THE_WAY = new Set([407, 408, 429]);

/** The status and form of a refusal; null where it says nothing of a token: a fault of the server, or a site's page. */
function formOf({ answered }: CallError): string | null {
  if (answered === null) return null;
  const { status, type, text } = answered;
  if (status < 400 || status >= 500 || OF_THE_WAY.has(status)) return null;
  if (type === null && text.startsWith("<")) return null;
  return `${status} ${type ?? "text"}`;
}

/** Of the form of a JWT, signed by nobody. */
function madeUpJwt(): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const random = () => randomBytes(16).toString("hex");
  const header = { alg: "HS256", typ: "JWT" };
  const signature = randomBytes(32).toString("base64url");
  return `${part(header)}.${part({ sub: random(), jti: random() })}.${signature}`;
}
