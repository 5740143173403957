import type { Call, Method } from "../call.ts";
import { ApiError } from "../errors.ts";
import type { User } from "../types.ts";
import { hashed, hasPassword } from "../users.ts";

/** The methods by which somebody becomes a user. */
export const REGISTRATION_METHODS = {
  "send-confirmation-email": { verb: "POST", run: sendConfirmationEmail },
  "confirm-user-email": {
    verb: "POST",
    async run(call) {
      const { users, mails } = call.academy;
      const user = users.get(call.text("userId"));
      const valid = user && mails.use("confirmation", user.id, call.text("validationToken"));
      if (valid) user.confirmed = true;
      return valid ?? false;
    },
  },
} satisfies Record<string, Method>;

/** A new user gets a mail; one that is confirmed and gives the right password is signed in. */
async function sendConfirmationEmail(call: Call): Promise<object> {
  const { academy } = call;
  if (!academy.openRegistration) await call.caller();
  const asked = await applicant(call);
  const known = academy.users.byEmail(asked.email);
  if (known?.confirmed) {
    if (!(await hasPassword(known, call.text("password")))) {
      throw new ApiError(409, "Somebody has this e-mail address.");
    }
    const token = await academy.tokens.answer(academy.tokens.signIn(known.id, call.signIn()));
    return { ...group(known), token };
  }
  // Who never confirmed may have mistyped: the latest word holds.
  const user = known ? Object.assign(known, { ...asked, id: known.id }) : asked;
  if (!known) academy.users.add(user);
  academy.mails.send("confirmation", user);
  return group(user);
}

async function applicant(call: Call): Promise<User> {
  for (const name of ["userAgent", "deviceType"]) call.text(name);
  return {
    id: call.academy.newId(),
    email: call.text("email"),
    forename: call.text("forename"),
    surname: call.text("surname"),
    photoUrl: call.optional("photoUrl") ?? null,
    confirmed: false,
    hash: await hashed(call.text("password")),
    supplier: null,
  };
}

/** The group that is made of a user: the fields of a UserGroup are not documented. */
function group({ id, email, forename, surname, photoUrl }: User): object {
  return { name: `${forename} ${surname}`, users: [{ id, email, forename, surname, photoUrl }] };
}
