import type { Call, Method } from "../call.ts";

/** The methods about tokens that were given out. */
export const SESSION_METHODS = {
  "get-jwt-token": { verb: "GET", run: getJwtToken },
  logout: {
    verb: "GET",
    async run(call) {
      call.academy.tokens.logout((await call.caller()).token);
      return null;
    },
  },
  "renew-token": {
    verb: "POST",
    async run(call) {
      const { tokens } = call.academy;
      return tokens.answer(tokens.renew((await call.caller()).token));
    },
  },
  "retrieve-token-after-login": { verb: "GET", run: retrieveTokenAfterLogin },
  "validate-jwt-token": { verb: "GET", run: validateJwtToken },
} satisfies Record<string, Method>;

async function getJwtToken(call: Call): Promise<string | null> {
  const { tokens, dead } = call.academy;
  const token = await tokens.live(call.text("token"));
  if (token) return tokens.jwt(token);
  if (dead === "false") return null;
  throw call.refusal();
}

/** null where the key is unknown, used or too old, as documented. */
async function retrieveTokenAfterLogin(call: Call): Promise<string | null> {
  const { tokens, retrievals } = call.academy;
  const name = retrievals.take(call.text("retrieveKey"));
  const token = name === undefined ? undefined : await tokens.live(name);
  return token ? tokens.jwt(token) : null;
}

async function validateJwtToken(call: Call): Promise<boolean> {
  const { tokens, dead, engagements, now } = call.academy;
  const token = await tokens.live(call.token());
  if (!token && dead !== "false") throw call.refusal();
  if (token && call.flag("createLoginEngagement")) {
    const { deviceType = null, userAgent = null } = call.signIn();
    engagements.push({ user: token.user, deviceType, userAgent, at: now() });
  }
  return token !== undefined;
}
