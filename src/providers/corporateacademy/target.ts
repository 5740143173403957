/** The keys of a corporateacademy target, beside those of every target (docs/backends/corporateacademy.md). */
import * as z from "zod";
import { id, url } from "../../policy/values/values.ts";

const claim = (meaning: string, example: string) =>
  id()
    .describe(meaning)
    .meta({ examples: [example] });

/** A file, an address of Redis, or a reference to either. A password in it is never repeated. */
const register = () =>
  z.string().superRefine((value, context) => {
    const message = registerFault(value);
    if (message !== null) context.addIssue({ code: "custom", message });
  });

function registerFault(value: string): string | null {
  if (value.trim() === "") return "must not be blank";
  if (!value.includes("://")) {
    if (/^rediss?:/i.test(value)) return "expects an address such as redis://host:6379/0";
    const reference = /^(?:env|aws-secret):/.test(value);
    return /[~$]/.test(value) && !reference ? "holds ~ or $, which no shell replaced" : null;
  }
  const address = URL.parse(value);
  if (!address || !/^rediss?:$/.test(address.protocol)) {
    return "expects a file, an address such as redis://host:6379/0, or a reference to either";
  }
  if (address.search || address.hash) return "must not have a query or a fragment";
  return address.username || address.password
    ? "must hold no password: keep such an address as a secret and write env:NAME or aws-secret:NAME"
    : null;
}

export const corporateacademyTarget = {
  provider: z.literal("corporateacademy").describe("A service of corporateacademy-auth."),
  url: url()
    .describe("The base URL of the mediator. http only on this machine.")
    .meta({ examples: ["https://academy.example/rest-api/corporateacademy-mediator"] }),
  register: register()
    .describe(
      'Where the tokens are: a file of lines {"user", "token"}, relative to this file, an address of Redis, or a reference to either.',
    )
    .meta({ examples: ["/var/lib/academy/tokens.jsonl", "redis://127.0.0.1:6379/0"] }),
  keys: id()
    .describe("In Redis: the pattern of the keys that hold tokens.")
    .meta({ examples: ["session:*"] })
    .exactOptional(),
  claims: z
    .strictObject({
      user: claim("Whose the token is; sub where absent.", "sub").exactOptional(),
      signedIn: claim(
        "When the user signed in; iat where absent, which a renewal makes new.",
        "auth_time",
      ).exactOptional(),
      lastUsed: claim("When the token was last used.", "last").exactOptional(),
      device: claim("The kind of device.", "deviceType").exactOptional(),
      userAgent: claim("The browser or app.", "userAgent").exactOptional(),
    })
    .describe(
      "Which claims of a token tell what: sub, iat, last, deviceType and userAgent where absent. Given, only those that it names, beside sub and iat.",
    )
    .exactOptional(),
};
