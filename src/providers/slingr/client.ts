/** A client for one app of Slingr: it logs in when it must, once for all who wait for it. */
import type { SlingrTarget } from "../../model/policy.ts";
import { readAddress } from "../http/address.ts";
import { type Client, createClient, type Manner } from "../http/client.ts";
import { CallError } from "../http/faults.ts";
import { ask } from "../http/shape.ts";
import { appOf, type Credential, environmentOf, formsOf, readCredential } from "./address.ts";
import { LOGIN, meaningOf } from "./faults.ts";
import { type Login, readError, readLogin } from "./wire.ts";

export interface AppOptions extends Manner {
  /** The app's address, `https://{app}.slingrs.io/{env}/runtime/api`; http for loopback only. */
  url: string;
  auth: SlingrTarget["auth"];
  credential: string;
  /** Relative to the address; null: the app has none. */
  script: string | null;
}

export interface AppClient extends Client {
  /** Logs in where that is needed and was not done. Throws CallError. */
  ready(): Promise<void>;
  /** The app's name, as its login or else its host says; null where neither does. */
  app(): string | null;
  /** The `{env}` of the address. */
  environment: string | null;
}

/** A client for one app. Throws UsageError for an address or a credential that can't be used. */
export function appClient({ url, auth, credential, script, ...manner }: AppOptions): AppClient {
  const address = readAddress(url, "https://{app}.slingrs.io/{env}/runtime/api");
  const secret = readCredential(auth, credential);
  const session = sessionOf(secret, (body, repeat) => {
    const call = { method: "POST", path: LOGIN, body, proof: {}, repeat } as const;
    return ask(client, call, readLogin).then(({ value }) => value);
  });
  const client = createClient({
    ...manner,
    ...{ address, readError },
    meaningOf: (refusal) => meaningOf(refusal, script),
    proof: session.proof,
    renew: session.renew,
    secrets: session.secrets,
  });
  return {
    ...client,
    async call(call) {
      if (!call.proof) await session.ready();
      return client.call(call);
    },
    ready: session.ready,
    app: () => session.app() ?? appOf(address),
    environment: environmentOf(address),
  };
}

type SendLogin = (body: unknown, repeat: "always" | "unsent") => Promise<Login>;

/** The token in force, and how to get one. */
function sessionOf(secret: Credential, send: SendLogin) {
  let login: Login | null = "token" in secret ? { token: secret.token, app: null } : null;
  let asked: Promise<void> | null = null;
  /** It stays refused: each further try would bring the account nearer to being blocked. */
  let refusal: CallError | null = null;
  const secrets = new Set(secret.secrets);

  const logIn = async ({ email, password }: { email: string; password: string }) => {
    if (refusal) throw refusal;
    try {
      // A password that was right once may be sent again where an answer was lost.
      login = await send({ email, password }, login === null ? "unsent" : "always");
      for (const form of formsOf(login.token)) secrets.add(form);
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      // What waits for a login was not sent.
      const { message, kind, refused } = error;
      const unsent = new CallError(message, kind, false, refused && "credential");
      if (refused) refusal = unsent;
      throw unsent;
    }
  };
  const once = () => {
    if ("token" in secret) return Promise.resolve();
    asked ??= logIn(secret).finally(() => {
      asked = null;
    });
    return asked;
  };
  const proof = (): Record<string, string> => (login ? { token: login.token } : {});
  return {
    proof,
    secrets: () => [...secrets],
    app: () => login?.app ?? null,
    ready: () => (login ? Promise.resolve() : once()),
    /** Another call may have got a new token while this one was under way. */
    async renew(refused: Readonly<Record<string, string>>): Promise<boolean> {
      if ("token" in secret) return false;
      if (refused.token === login?.token) await once();
      return true;
    },
  };
}
