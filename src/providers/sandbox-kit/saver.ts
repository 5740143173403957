/** Keeps the state of a sandbox in a file, so that it survives a restart. */
import { existsSync, readFileSync } from "node:fs";
import { rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { UsageError } from "../../errors.ts";
import { makeFolder } from "../../make-folder.ts";

const WAIT = 100;

/** The state in a file, or undefined where there is no such file. Throws UsageError where it is of another format. */
export function readSaved<T extends object>(file: string, format: string): T | undefined {
  if (!existsSync(file)) return undefined;
  try {
    const saved = JSON.parse(readFileSync(file, "utf8"));
    if (saved.format === format) return saved;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new UsageError(
    `${file} is not a sandbox's state. Move it away, or give --data another file.`,
  );
}

/** Keeps a file up to date: a little after each change, and at the end. The file is always a whole one. */
export class Saver {
  readonly #file: string;
  readonly #state: () => { format: string };
  #timer: NodeJS.Timeout | undefined;
  #unsaved = false;
  #last: Promise<void> = Promise.resolve();

  constructor(file: string, state: () => { format: string }) {
    this.#file = file;
    this.#state = state;
  }

  changed(): void {
    this.#unsaved = true;
    this.#timer ??= setTimeout(() => {
      // It stays unsaved and is tried again; the last time, by close, the error is the caller's.
      this.save().catch((error) => process.stderr.write(`${this.#file}: ${error.message}\n`));
    }, WAIT);
  }

  /** Ends when everything until now is in the file. */
  save(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const write = () => this.#write();
    this.#last = this.#last.then(write, write);
    return this.#last;
  }

  async #write(): Promise<void> {
    if (!this.#unsaved) return;
    this.#unsaved = false;
    try {
      await makeFolder(dirname(this.#file));
      const text = JSON.stringify(this.#state());
      await writeFile(`${this.#file}.tmp`, text, { mode: 0o600 });
      await rename(`${this.#file}.tmp`, this.#file);
    } catch (error) {
      this.#unsaved = true;
      throw error;
    }
  }
}
