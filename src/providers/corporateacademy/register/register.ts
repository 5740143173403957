/** The register of a target: where it is, and who may look into it (docs/backends/corporateacademy.md, "What Curfew does there"). */
import path from "node:path";
import { UnreadableTargetError, UsageError } from "../../../errors.ts";
import { isTrusted } from "../../../hosts.ts";
import type { CorporateacademyTarget } from "../../../model/policy.ts";
import { resolve } from "../../../secrets/credentials.ts";
import type { Source } from "./entry.ts";
import { fileRegister } from "./file.ts";
import { redisRegister } from "./redis.ts";

/** What a door knows and a policy does not. */
export interface Surroundings {
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  /** Told of each secret that was resolved. */
  onSecret?: ((secret: string) => void) | undefined;
  /** Told, in a sentence, what does not end the run. */
  onWarning?: ((message: string) => void) | undefined;
}

type RegisterTarget = Pick<CorporateacademyTarget, "register" | "keys" | "name" | "source">;

/** The register of a target, looked up when it is first read, which throws UsageError or UnreadableTargetError. */
export function openRegister(target: RegisterTarget, around: Surroundings): Source {
  let found: Promise<Source> | null = null;
  let known: Source | null = null;
  return {
    async *entries() {
      found ??= sourceOf(target, around).catch((error: unknown) => {
        found = null;
        throw error;
      });
      known = await found;
      yield* known.entries();
    },
    close: () => known?.close(),
  };
}

async function sourceOf(target: RegisterTarget, around: Surroundings): Promise<Source> {
  const { file, line } = target.source;
  const at = `${file}:${line}`;
  const isReference = /^(?:env|aws-secret):/.test(target.register);
  const place = isReference ? await looked(target.register, at, around) : target.register;
  if (!place.includes("://")) {
    const shown = isReference ? `that ${target.register} points to` : place;
    const { onWarning } = around;
    return fileRegister(path.resolve(around.cwd, path.dirname(file), place), { shown, onWarning });
  }
  const address = URL.parse(place);
  if (!address || !/^rediss?:$/.test(address.protocol))
    throw new UsageError(
      `${at}: the register of ${target.name} is neither a file nor an address such as redis://host:6379/0: correct what ${target.register} points to.`,
    );
  const hostname = address.hostname.toLowerCase();
  if (!isTrusted(hostname, around.env.CURFEW_HOSTS))
    throw new UnreadableTargetError(
      `${at}: the register of ${target.name} is at ${hostname}, where nothing is sent unasked: correct target.register, or, if the host is yours, set CURFEW_HOSTS=${hostname} where Curfew runs`,
    );
  const password = passwordOf(address, at, target);
  if (password !== "") around.onSecret?.(password);
  if (target.keys === null)
    throw new UsageError(
      `${at}: the register of ${target.name} is in Redis, and target.keys does not say which keys hold tokens: give it a pattern such as session:*.`,
    );
  return redisRegister(address, target.keys);
}

function passwordOf({ password }: URL, at: string, { name, register }: RegisterTarget): string {
  try {
    return decodeURIComponent(password);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    throw new UsageError(
      `${at}: the password in the address of the register of ${name} holds a % that stands for nothing: write it as %25 in what ${register} points to.`,
    );
  }
}

/** What a reference points to, which may hold a password. */
async function looked(reference: string, at: string, { env, onSecret }: Surroundings) {
  const found = await resolve(reference, env);
  if ("why" in found)
    throw new UsageError(`${at}: no register: ${found.why}. Set it to a file or an address.`);
  if (found.secret.includes("@")) onSecret?.(found.secret);
  return found.secret;
}
