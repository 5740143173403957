import type { Academy } from "./academy.ts";
import { ApiError } from "./errors.ts";
import type { Token, User } from "./types.ts";

/** One call of a method: its parameters, from the path, the query or the body, and the token of its Bearer. */
export class Call {
  readonly academy: Academy;
  readonly #parameters: Readonly<Record<string, unknown>>;
  readonly #bearer: string;

  constructor(academy: Academy, parameters: Readonly<Record<string, unknown>>, bearer: string) {
    this.academy = academy;
    this.#parameters = parameters;
    this.#bearer = bearer;
  }

  /** A text, or a number, as the method reference has some passwords. Throws ApiError where there is none. */
  text(name: string): string {
    const value = this.#parameters[name];
    if (typeof value === "number") return String(value);
    if (typeof value === "string" && value !== "") return value;
    throw new ApiError(400, `The parameter '${name}' is required.`);
  }

  /** As `text`; undefined where it is absent, null or empty. */
  optional(name: string): string | undefined {
    const value = this.#parameters[name] ?? "";
    return value === "" ? undefined : this.text(name);
  }

  flag(name: string): boolean {
    return String(this.#parameters[name]) === "true";
  }

  /** The device that a sign-in names, kept as a persistent authentication where it asks for that. */
  signIn() {
    return {
      at: this.academy.now(),
      persistent: this.flag("createPersistentUserAuth"),
      deviceType: this.optional("deviceType"),
      userAgent: this.optional("userAgent"),
    };
  }

  /** The token as a parameter, or else as the Bearer; empty where it is neither. */
  token(): string {
    return this.optional("token") ?? this.#bearer;
  }

  /** The living token of the Bearer, and its user. Throws ApiError. */
  async caller(): Promise<{ token: Token; user: User }> {
    const token = await this.academy.tokens.live(this.#bearer);
    const user = token && this.academy.users.get(token.user);
    if (!user) throw this.refusal();
    return { token, user };
  }

  /** What a token that is dead or made up is answered where no boolean can say it. */
  refusal(): ApiError {
    const { dead } = this.academy;
    return new ApiError(dead === "false" ? 401 : dead, "The token is not valid.");
  }
}

/** One of the documented methods. `run` gives what is answered, as JSON; throws ApiError. */
export interface Method {
  verb: "GET" | "POST";
  run(call: Call): Promise<unknown>;
}
