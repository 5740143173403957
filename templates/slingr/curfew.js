/**
 * Hands two methods of sys.auth on to Curfew, and nothing else: no REST call of the platform has them.
 *
 * How to install it: put it into the app as a script, have an endpoint of the app call it for POST at a path of your
 * choice below /runtime/api, with the JSON that was sent and the user whose token the request had, and answer what it
 * returns as JSON, with status 200. Answer 403 where it throws. Name the path in the policy: target.script.
 *
 * Who may call it: the accounts in CALLERS, and nobody else. Write the address of Curfew's account there, and let the
 * endpoint refuse requests without a token. sendOtpCode works with the rights of the caller, so the account must be
 * allowed to manage users. Whoever may have tokens made can act as any user: add no person, and leave MAKES_TOKENS
 * false unless something of yours needs them; Curfew's commands do not.
 */
var CALLERS = ["curfew@your-domain.example"];
var MAKES_TOKENS = false;

/**
 * body: { method: "sendOtpCode", options: { email or phone, inactivity, expiration } }, in hours, or
 *       { method: "createToken", idOrEmailUser, code }.
 * caller: the user of the request: { email }.
 * Returns true or false; { token }, or null where there is none to give.
 */
function curfew(body, caller) {
  if (!caller || CALLERS.indexOf(caller.email) < 0)
    throw new Error("This account may not call it.");
  if (body.method === "sendOtpCode") {
    var given = body.options || {};
    var options = { inactivity: given.inactivity, expiration: given.expiration };
    if (given.email) options.email = given.email;
    else options.phone = given.phone;
    return sys.auth.sendOtpCode(options) === true;
  }
  if (body.method === "createToken") {
    // A code was sent to its user, and is good for that user alone.
    if (typeof body.code === "string") return answered(sys.auth.createToken(null, body.code));
    if (!MAKES_TOKENS) throw new Error("No tokens are made for users here.");
    return answered(sys.auth.createToken(String(body.idOrEmailUser)));
  }
  throw new Error("The method is sendOtpCode or createToken.");
}

/** Which fields a token has is not documented: it may be a text, or an object with that text. */
function answered(made) {
  var token = made && typeof made === "object" ? made.token : made;
  return token ? { token: String(token) } : null;
}
