/** What a call can meet, told apart: passing or lasting, surely without effect or perhaps not; and in which words. */
import { UnreadableTargetError } from "../../errors.ts";
import type { Duration } from "../../model/vocabulary.ts";
import type { Setback } from "./retry.ts";

/**
 * `passing`: another try may succeed. `absent`: the user or session is gone. `route`: the backend knows no such call, or
 * the address is wrong. `lasting`: the rest.
 */
export type FaultKind = "passing" | "absent" | "route" | "lasting";

/** What was refused: the credential as such (401), or a right of it (403). */
export type Denied = "credential" | "right";

export interface CallFault extends Setback {
  kind: FaultKind;
  /** The request may have taken effect: it left, and no answer says that it did not. */
  sent: boolean;
  /** What happened, after the host's name, e.g. `refused the connection`. */
  what: string;
  remedy: string;
  refused?: Denied;
  /** The answer that was no success; absent where none came, or it was another site's. */
  answered?: RefusedAnswer;
}

/** A call that was given up. Where a target is being read this is what the user sees. */
export class CallError extends UnreadableTargetError {
  readonly kind: FaultKind;
  /** The request may have taken effect, in this or in an earlier try. */
  readonly sent: boolean;
  readonly refused: Denied | null;
  /** What the backend answered at last; null where it was no refusal. */
  readonly answered: RefusedAnswer | null;

  constructor(
    message: string,
    kind: FaultKind,
    sent: boolean,
    refused: Denied | null = null,
    answered: RefusedAnswer | null = null,
  ) {
    super(message);
    this.refused = refused;
    this.answered = answered;
    this.kind = kind;
    this.sent = sent;
  }
}

/** The error for a call to `host` that met `fault` after so many tries in so long a time. */
export function giveUp(
  fault: CallFault,
  host: string,
  tries: number,
  elapsed: Duration,
  sent: boolean,
): CallError {
  const often = tries > 1 ? ` (tried ${tries} times in ${(elapsed / 1000).toFixed(1)} s)` : "";
  const message = `${host} ${fault.what}${often}. ${fault.remedy}`;
  return new CallError(message, fault.kind, sent, fault.refused ?? null, fault.answered ?? null);
}

const UNSENT = { sent: false, busy: false, retryAfter: null };
const SENT = { ...UNSENT, sent: true };
const LATER = "Nothing is wrong with the policy; try again when it answers.";

/** The connection never stood. */
const UNREACHED = new Set([
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "EHOSTDOWN",
  "ENETUNREACH",
  "ENETDOWN",
  "EAI_AGAIN",
  "UND_ERR_CONNECT_TIMEOUT",
]);
/** The connection broke, or nothing came over it in time. */
const LOST = new Set([
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "UND_ERR_SOCKET",
  "UND_ERR_HEADERS_TIMEOUT",
  "UND_ERR_BODY_TIMEOUT",
  "UND_ERR_RES_CONTENT_LENGTH_MISMATCH",
  "HPE_INVALID_EOF_STATE",
]);
/** What undici says of a proxy that did not answer CONNECT with 200. */
const PROXY_REFUSAL = /^Proxy response \((\d+)\)/;
const TLS = /^(ERR_TLS_|ERR_SSL_|EPROTO$)|CERT|SIGNED|LEAF_SIGNATURE|ISSUER/;

/**
 * The fault behind an error of the HTTP library; null where the error is none of the network's, but a bug. `proxy` is
 * the name of the one on the way: what never reached the backend is told of it, and not of the backend's host.
 */
export function transportFault(error: unknown, proxy: string | null = null): CallFault | null {
  const fault = faultOf(error);
  if (proxy === null || fault === null || fault.sent) return fault;
  const remedy =
    "Check HTTPS_PROXY, and that the proxy lets this host through; a host that needs none belongs into NO_PROXY.";
  return { ...fault, what: `${fault.what}, through the proxy ${proxy}`, remedy };
}

function faultOf(error: unknown): CallFault | null {
  const { code, name, syscall } = error as { code?: unknown; name?: string; syscall?: string };
  if (name === "TimeoutError") return lost("gave no whole answer in time");
  // undici gives its parser's error no code of its own, and fails an assertion where a server changes protocols.
  if (name === "HTTPParserError" || name === "AssertionError")
    return strange("did not answer in HTTP");
  if (typeof code !== "string") return null;
  if (UNREACHED.has(code) || (code === "ETIMEDOUT" && syscall === "connect")) {
    const remedy = "Check the host and port in target.url, and that this machine may reach them.";
    const what = code === "ECONNREFUSED" ? "refused the connection" : `can't be reached (${code})`;
    return { ...UNSENT, kind: "passing", what, remedy };
  }
  if (LOST.has(code)) return lost(`broke off before its answer was whole (${code})`);
  if (code === "ENOTFOUND") {
    const remedy = "Check the spelling of the host in target.url, and this machine's DNS.";
    return { ...UNSENT, kind: "lasting", what: `could not be found (${code})`, remedy };
  }
  const refusal = PROXY_REFUSAL.exec(String((error as Error).message));
  if (code === "UND_ERR_ABORTED" && refusal) {
    const what = `can't be reached: the way was refused with ${refusal[1]}`;
    return { ...UNSENT, kind: refusal[1] === "407" ? "lasting" : "passing", what, remedy: LATER };
  }
  if (code === "UND_ERR_RES_EXCEEDED_MAX_SIZE") return strange("sent an answer that is too large");
  if (code === "UND_ERR_HEADERS_OVERFLOW" || code.startsWith("HPE_")) {
    return strange(`did not answer in HTTP (${code})`);
  }
  if (!TLS.test(code)) return null;
  const remedy =
    "Check target.url; behind a proxy that inspects traffic, give its certificate in NODE_EXTRA_CA_CERTS.";
  return { ...UNSENT, kind: "lasting", what: `offers no trusted TLS connection (${code})`, remedy };
}

/** An answer that broke off, or did not come in time. */
export function lost(what: string): CallFault {
  return { ...SENT, kind: "passing", what, remedy: LATER };
}

/** Too many calls failed; this one was not sent. */
export const CIRCUIT_OPEN: CallFault = {
  ...UNSENT,
  kind: "passing",
  what: "failed call after call, so nothing more is sent to it for a while",
  remedy: LATER,
};

/** An answer that is none of this API's. */
export function strange(what: string): CallFault {
  const remedy = "Check that target.url is the target's own address, and not that of another site.";
  return { ...SENT, kind: "lasting", what, remedy };
}

/** An answer that is no success, with what it says of itself made clean. */
export interface RefusedAnswer {
  status: number;
  /** The API's name for the error, where the answer gives one. */
  type: string | null;
  /** What else the answer says. */
  text: string;
  location: string;
  retryAfter: Duration | null;
  /** For messages, e.g. `GET users`. */
  call: string;
}

/** What an API means by a refusal of its own: kind, words and remedy, each where it differs from any other API's. */
export type Meaning = Partial<Pick<CallFault, "kind" | "what" | "remedy">>;

/**
 * The fault behind an answer that is no success, as its status says; `meaning` is what the API's own name for the error
 * says beyond that.
 */
export function answerFault(refusal: RefusedAnswer, meaning: Meaning = {}): CallFault {
  const { status, call } = refusal;
  const quoted = quote(refusal);
  if (status < 400) {
    const what = `answered ${call} with a redirect (${status}) to “${refusal.location}”`;
    return { ...strange(what), sent: false };
  }
  if (status === 429) {
    const remedy = "The quota is shared with other integrations: lower target.requestsPerSecond.";
    const what = `takes no more requests for now (${quoted})`;
    return { ...UNSENT, kind: "passing", busy: true, retryAfter: refusal.retryAfter, what, remedy };
  }
  if ([500, 502, 503, 504].includes(status)) {
    return { ...lost(`failed to answer ${call} (${quoted})`), retryAfter: refusal.retryAfter };
  }
  return { ...UNSENT, ...refused(refusal, quoted), ...meaning, sent: status >= 500 };
}

/** What an answer says of itself, for messages: status, name of the error, text. */
export function quote({ status, type, text }: RefusedAnswer): string {
  return [status, type, text && `“${text}”`].filter(Boolean).join(" ");
}

function refused(
  { status, call }: RefusedAnswer,
  quoted: string,
): Pick<CallFault, "kind" | "what" | "remedy" | "refused"> {
  if (status === 401) {
    const remedy = "Check the secret that target.credentials points to.";
    const what = `does not accept the credential (${quoted})`;
    return { kind: "lasting", what, remedy, refused: "credential" };
  }
  if (status === 403) {
    const remedy = "Give the token that right, or point target.credentials to one that has it.";
    const what = `forbids this credential ${call} (${quoted})`;
    return { kind: "lasting", what, remedy, refused: "right" };
  }
  if (status === 404) {
    const what = `has no such address (${quoted})`;
    return { kind: "lasting", what, remedy: "Check target.url." };
  }
  const remedy =
    "Trying again won't help; check target.url, and that this version of Curfew is current.";
  return { kind: "lasting", what: `did not accept ${call} (${quoted})`, remedy };
}
