import type { Call, Method } from "../call.ts";
import { ApiError } from "../errors.ts";
import type { User } from "../types.ts";
import { hasPassword } from "../users.ts";

/** The methods that sign somebody in. */
export const LOGIN_METHODS = {
  "login-local-password": {
    verb: "POST",
    run: (call) => byPassword(call, call.academy.users.byEmail(call.text("email"))),
  },
  "login-remote-token-with-check": { verb: "POST", run: byRemoteToken },
  "login-supplier-person": {
    verb: "POST",
    run(call) {
      const { users, tenant } = call.academy;
      const user = users.byUsername(call.text("username"));
      const { supplier } = user ?? {};
      const fits = supplier?.active && supplier.tenant === (call.optional("tenant") ?? tenant);
      return byPassword(call, fits ? user : undefined);
    },
  },
} satisfies Record<string, Method>;

/** Who is unknown, unconfirmed or gives a wrong password is refused in one way. */
async function byPassword(call: Call, user: User | undefined): Promise<string> {
  const password = call.text("password");
  if (!user?.confirmed || !(await hasPassword(user, password))) {
    throw new ApiError(401, "The name or the password is wrong.");
  }
  return signIn(call, user.id);
}

async function byRemoteToken(call: Call): Promise<string> {
  const { vouched, users } = call.academy;
  const remoteToken = call.text("remoteToken");
  const found = vouched.get(remoteToken);
  const fits = found?.tenant === call.text("tenant") && found.check === call.text("remoteCheck");
  if (!found || !fits || !users.get(found.user)) {
    throw new ApiError(401, "The remote token or its check is wrong.");
  }
  vouched.delete(remoteToken);
  return signIn(call, found.user);
}

function signIn(call: Call, user: string): Promise<string> {
  const { tokens } = call.academy;
  return tokens.answer(tokens.signIn(user, call.signIn()));
}
