import type { Call, Method } from "../call.ts";
import { ApiError } from "../errors.ts";
import type { User } from "../types.ts";
import { hashed, hasPassword } from "../users.ts";

/** The methods that recover and change passwords. They end no token, but for the one that `set-new-password` replaces. */
export const PASSWORD_METHODS = {
  "init-password-recovery": {
    verb: "POST",
    async run(call) {
      const user = call.academy.users.byEmail(call.text("email"));
      if (user) call.academy.mails.send("recovery", user);
      return user !== undefined;
    },
  },
  "validate-password-recovery-token": {
    verb: "POST",
    async run(call) {
      const { mails } = call.academy;
      return mails.isValid("recovery", call.text("userId"), call.text("validationToken"));
    },
  },
  "recover-user-password": { verb: "POST", run: recoverUserPassword },
  "update-user-password": {
    verb: "POST",
    async run(call) {
      return change(call, (await call.caller()).user);
    },
  },
  "set-new-password": { verb: "POST", run: setNewPassword },
} satisfies Record<string, Method>;

async function recoverUserPassword(call: Call): Promise<boolean> {
  const { mails, users } = call.academy;
  const user = users.get(call.text("userId"));
  const hash = await hashed(call.text("newPassword"));
  // After the wait, so that of two at once one only has the pair.
  if (!user || !mails.use("recovery", user.id, call.text("validationToken"))) return false;
  user.hash = hash;
  return true;
}

/** Gives the caller a new token in place of the one that it called with. */
async function setNewPassword(call: Call): Promise<string> {
  const { tokens } = call.academy;
  const { token, user } = await call.caller();
  if (call.text("userId") !== user.id) {
    throw new ApiError(403, "Another user's password can't be set.");
  }
  if (!(await change(call, user))) throw new ApiError(401, "The old password is wrong.");
  const persistent = token.persistentUntil !== null;
  tokens.destroy(token);
  return tokens.answer(tokens.signIn(user.id, { ...call.signIn(), persistent }));
}

/** Whether the old password was right, so that the new one holds. */
async function change(call: Call, user: User): Promise<boolean> {
  const hash = await hashed(call.text("newPassword"));
  if (!(await hasPassword(user, call.text("oldPassword")))) return false;
  user.hash = hash;
  return true;
}
