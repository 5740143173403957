/** The tokens by user, as whoever issues them would hand them over (docs/backends/corporateacademy.md, "The register"). */
import { rename, writeFile } from "node:fs/promises";
import type { Tokens } from "./tokens.ts";
import type { Token } from "./types.ts";

const FORMAT = "curfew/register/1";

/** Which tokens, and in which of their two forms. */
export interface RegisterOptions {
  /** @default "tiny" */
  as?: "tiny" | "jwt";
  /** Whether those that are dead are in it, as in a register that is old. @default false */
  dead?: boolean;
}

export interface Register {
  format: typeof FORMAT;
  tokens: { user: string; token: string }[];
}

export async function registerOf(tokens: Tokens, options: RegisterOptions): Promise<Register> {
  const entry = async (token: Token) => ({
    user: token.user,
    token: options.as === "jwt" ? await tokens.jwt(token) : token.tiny,
  });
  return { format: FORMAT, tokens: await Promise.all(chosen(tokens, options).map(entry)) };
}

/** Writes it for its owner's eyes only; the file is always a whole one. */
export async function writeRegister(file: string, register: Register): Promise<void> {
  await writeFile(`${file}.tmp`, `${JSON.stringify(register, null, 2)}\n`, { mode: 0o600 });
  await rename(`${file}.tmp`, file);
}

/** The JWTs as pairs for Redis: the prefix and the tiny token, and the JWT that it names. */
export function pairsOf(
  tokens: Tokens,
  prefix: string,
  dead: boolean,
): Promise<[string, string][]> {
  const pair = async (token: Token): Promise<[string, string]> => [
    prefix + token.tiny,
    await tokens.jwt(token),
  ];
  return Promise.all(chosen(tokens, { dead }).map(pair));
}

function chosen(tokens: Tokens, { dead = false }: RegisterOptions): Token[] {
  return tokens.named().filter((token) => dead || tokens.isLive(token));
}
