/** Tries rights one by one: each by a call that asks for as little as it can. */
import type { Right } from "../../model/run.ts";
import { CallError } from "./faults.ts";

/** What a call shows of a right. */
export interface Tried {
  state: Right["state"];
  why: string | null;
  /** The credential as such was refused. */
  unknown?: CallError;
}

const THERE: Tried = { state: "there", why: null };

export function missing(why: string): Tried {
  return { state: "missing", why };
}

/** Of what writes. */
export const UNTRIED: Tried = { state: "untried", why: "it can be told only by writing" };

/** What a call shows; `call` may say itself what is missing. Throws CallError for what says nothing of a right. */
export async function trial(call: () => Promise<Tried | null>): Promise<Tried> {
  try {
    return (await call()) ?? THERE;
  } catch (error) {
    if (!(error instanceof CallError && error.refused)) throw error;
    const told = missing(error.message);
    return error.refused === "credential" ? { ...told, unknown: error } : told;
  }
}

/** Tried on somebody or something that a read before it found. */
export async function onOne(
  id: string | null,
  what: string,
  call: (id: string) => Promise<unknown>,
): Promise<Tried> {
  if (id === null) return { state: "untried", why: `there is no ${what} to try it on` };
  return trial(async () => {
    await call(id);
    return null;
  });
}

/** The rights that were told, in order. */
export interface Told {
  tell(right: string, call: string, tried: Tried): void;
  /** Throws CallError where no call accepted the credential: then nothing was told of its rights. */
  rights(): Right[];
}

export function toldRights(): Told {
  const rights: Right[] = [];
  const refusals: (CallError | undefined)[] = [];
  return {
    tell(right, call, { state, why, unknown }) {
      rights.push({ right, call, state, why });
      if (state === "there" || state === "missing") refusals.push(unknown);
    },
    rights() {
      const [refusal] = refusals;
      if (refusal && refusals.every((one) => one !== undefined)) {
        const { message, kind, sent, refused } = refusal;
        const why = `${message} Nothing can be told of its rights.`;
        throw new CallError(why, kind, sent, refused);
      }
      return rights;
    },
  };
}
