/** The tokens by user, as whoever issues them would hand them over (docs/backends/corporateacademy.md, "The register"). */
import { rename, writeFile } from "node:fs/promises";
import type { Tokens } from "./tokens.ts";
import type { Token } from "./types.ts";

/** Which tokens, and in which of their two forms. */
export interface RegisterOptions {
  /** @default "tiny" */
  as?: "tiny" | "jwt";
  /** Whether those that are dead are in it, as in a register that is old. @default false */
  dead?: boolean;
}

/** A line of a register. */
export interface RegisterLine {
  user: string;
  token: string;
  /** Set where a persistent authentication stands behind it. */
  persistent?: true;
}

export async function registerOf(
  tokens: Tokens,
  options: RegisterOptions,
): Promise<RegisterLine[]> {
  const line = async (token: Token): Promise<RegisterLine> => ({
    user: token.user,
    token: options.as === "jwt" ? await tokens.jwt(token) : token.tiny,
    ...(token.persistentUntil !== null && { persistent: true }),
  });
  return Promise.all(chosen(tokens, options).map(line));
}

/** Writes one line for each, for its owner's eyes only; the file is always a whole one. */
export async function writeRegister(file: string, lines: readonly RegisterLine[]): Promise<void> {
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  await writeFile(`${file}.tmp`, text, { mode: 0o600 });
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
