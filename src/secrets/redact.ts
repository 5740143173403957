/** Keeps secrets out of all that a door prints, whatever a backend says back. */

/** Shorter ones, such as a sandbox's, are words that a text may hold. */
const SHORTEST_SECRET = 8;

export interface Redactor {
  /** From now on `clean` takes this secret out. */
  hide: (secret: string) => void;
  /** A text without the secrets. */
  clean: (text: string) => string;
}

export function redactor(): Redactor {
  const hidden = new Set<string>();
  return {
    hide: (secret) => {
      if (secret.length >= SHORTEST_SECRET) hidden.add(secret).add(secret.replace(/^O:/, ""));
    },
    clean: (text) => {
      let shown = text;
      for (const secret of hidden) shown = shown.replaceAll(secret, "[credential]");
      return shown;
    },
  };
}
