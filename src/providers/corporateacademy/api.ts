import * as z from "zod";
import type { Call, Client } from "../http/client.ts";
import { CallError } from "../http/faults.ts";

/** With what somebody signs in. */
interface Device {
  deviceType?: string;
  userAgent?: string;
}

/** A device, and whether it is to stay signed in. */
interface Lasting extends Device {
  createPersistentUserAuth?: boolean;
}

/** A user's part of the link in a mail. */
interface Mailed {
  userId: string;
  validationToken: string;
}

/** Who registers. */
interface Applicant extends Required<Device> {
  forename: string;
  surname: string;
  email: string;
  password: string;
  photoUrl?: string;
}

/** The fields of a group are not documented. */
type UserGroup = Readonly<Record<string, unknown>>;

/**
 * The fifteen documented calls (docs/backends/corporateacademy.md, "Methods"), one method each. `token` is whom a call acts
 * for: a JWT or a tiny token. All throw CallError, also for an answer of an unknown shape.
 */
export interface Api {
  /** The JWT of a token. null: it has none. */
  getJwtToken(token: string): Promise<string | null>;
  validateJwtToken(
    token: string,
    engagement?: Device & { createLoginEngagement: boolean },
  ): Promise<boolean>;
  /** `before` is called before each try. Repeated where its answer is lost: the same token is destroyed. */
  logout(token: string, before?: () => void): Promise<void>;
  renewToken(token: string): Promise<string>;
  /** The JWT of a sign-in elsewhere. null: the key is not valid, or was used. */
  retrieveTokenAfterLogin(retrieveKey: string): Promise<string | null>;
  loginLocalPassword(login: { email: string; password: string } & Lasting): Promise<string>;
  loginRemoteTokenWithCheck(
    login: { tenant: string; remoteToken: string; remoteCheck: string } & Lasting,
  ): Promise<string>;
  loginSupplierPerson(
    login: { username: string; password: string; tenant?: string } & Device,
  ): Promise<string>;
  sendConfirmationEmail(token: string, applicant: Applicant): Promise<UserGroup>;
  confirmUserEmail(mailed: Mailed): Promise<boolean>;
  initPasswordRecovery(email: string): Promise<boolean>;
  validatePasswordRecoveryToken(mailed: Mailed): Promise<boolean>;
  recoverUserPassword(change: { newPassword: string } & Mailed): Promise<boolean>;
  updateUserPassword(
    token: string,
    change: { oldPassword: string; newPassword: string },
  ): Promise<boolean>;
  /** The new token in place of the caller's. */
  setNewPassword(
    token: string,
    change: { userId: string; oldPassword: string; newPassword: string } & Device,
  ): Promise<string>;
}

const token = z.string().min(1);
const maybe = token.nullable();
const truth = z.boolean();
const group = z.record(z.string(), z.unknown());

/** `credential`: the Bearer of `get-jwt-token`; empty for none. */
export function createApi(client: Client, credential: string): Api {
  const read = <T>(shape: z.ZodType<T>, path: string, more: Omit<Call, "method" | "path">) =>
    ask(client, shape, { method: "GET", path, text: true, ...more });
  const post = <T>(shape: z.ZodType<T>, path: string, body: object, bearer = "") => {
    const secrets = [bearer, ...secretsIn(body)].filter((secret) => secret !== "");
    return ask(client, shape, {
      ...{ method: "POST", path, body, proof: proofOf(bearer), secrets, text: true },
    });
  };

  return {
    getJwtToken: (of) =>
      read(maybe, `get-jwt-token/${encodeURIComponent(of)}`, {
        shown: "get-jwt-token/{token}",
        proof: proofOf(credential),
        secrets: [of, encodeURIComponent(of)],
      }),
    validateJwtToken: (of, engagement) =>
      read(truth, `validate-jwt-token${queryOf(engagement)}`, bearing(of)),
    logout: async (of, before) => {
      await read(z.unknown(), "logout", { ...bearing(of), ...(before && { before }) });
    },
    renewToken: (of) => post(token, "renew-token", {}, of),
    retrieveTokenAfterLogin: (key) =>
      read(maybe, `retrieve-token-after-login?retrieveKey=${encodeURIComponent(key)}`, {
        shown: "retrieve-token-after-login",
        proof: {},
        secrets: [key, encodeURIComponent(key)],
        // A key works once: what it gave the first time is gone.
        repeat: "unsent",
      }),
    loginLocalPassword: (login) => post(token, "login-local-password", login),
    loginRemoteTokenWithCheck: (login) => post(token, "login-remote-token-with-check", login),
    loginSupplierPerson: (login) => post(token, "login-supplier-person", login),
    sendConfirmationEmail: (of, applicant) => post(group, "send-confirmation-email", applicant, of),
    confirmUserEmail: (mailed) => post(truth, "confirm-user-email", mailed),
    initPasswordRecovery: (email) => post(truth, "init-password-recovery", { email }),
    validatePasswordRecoveryToken: (mailed) =>
      post(truth, "validate-password-recovery-token", mailed),
    recoverUserPassword: (change) => post(truth, "recover-user-password", change),
    updateUserPassword: (of, change) => post(truth, "update-user-password", change, of),
    setNewPassword: (of, change) => post(token, "set-new-password", change, of),
  };
}

/** Makes a call and reads its answer, none of which a message repeats: it may be a token. */
async function ask<T>(client: Client, shape: z.ZodType<T>, call: Call): Promise<T> {
  const { body } = await client.call(call);
  const read = shape.safeParse(body);
  if (read.success) return read.data;
  const asked = `${call.method} ${call.shown ?? call.path.replace(/\?.*/, "")}`;
  throw new CallError(
    `${client.host} answered ${asked} in an unknown form. Check target.url, and that this version of Curfew is current.`,
    "lasting",
    true,
  );
}

function proofOf(bearer: string): Readonly<Record<string, string>> {
  return bearer === "" ? {} : { authorization: `Bearer ${bearer}` };
}

/** A call that acts for a token, which no message shows. */
function bearing(of: string): Pick<Call, "proof" | "secrets"> {
  return { proof: proofOf(of), secrets: [of] };
}

/** What a body holds that no message may repeat. */
function secretsIn(body: object): string[] {
  const named = Object.entries(body).filter(([name]) => /password|token|check$/i.test(name));
  return named.flatMap(([, value]) => (typeof value === "string" ? [value] : []));
}

function queryOf(parameters: object = {}): string {
  const query = new URLSearchParams(
    Object.entries(parameters).map(([name, value]) => [name, String(value)]),
  );
  return query.size === 0 ? "" : `?${query}`;
}
