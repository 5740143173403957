import type { Kept, ServedUser } from "./types.ts";

interface Row extends Kept {
  /** null after a change, until somebody reads it. */
  json: string | null;
}

/** Users as the API lists them, the highest id first, each with its JSON kept, so that a page is no more than a join. */
export class Users {
  #rows: Row[] = [];
  readonly #byId = new Map<string, Row>();
  readonly #byEmail = new Map<string, Row>();

  constructor(all: readonly Kept[]) {
    for (const one of all) this.#index({ ...one, json: null });
    this.#rows = [...this.#byId.values()].sort((a, b) => (a.user.id < b.user.id ? 1 : -1));
  }

  get all(): readonly Kept[] {
    return this.#rows;
  }

  /** By id or e-mail address, whatever the case of its letters; whoever changes it calls `change`. */
  find(key: string): Kept | undefined {
    return this.#byId.get(key) ?? this.#byEmail.get(key.toLowerCase());
  }

  /** Throws where the id or the address is taken. */
  add(one: Kept): void {
    const row = { ...one, json: null };
    this.#index(row);
    const place = this.#rows.findIndex((other) => other.user.id < row.user.id);
    this.#rows.splice(place < 0 ? this.#rows.length : place, 0, row);
  }

  remove(id: string): void {
    const row = this.#byId.get(id);
    if (!row) return;
    this.#byId.delete(id);
    this.#byEmail.delete(row.user.email.toLowerCase());
    this.#rows = this.#rows.filter((other) => other !== row);
  }

  /** Any change of a user; its version rises. */
  change(id: string, change: (user: ServedUser) => void): void {
    const row = this.#byId.get(id);
    if (!row) return;
    this.#byEmail.delete(row.user.email.toLowerCase());
    change(row.user);
    row.user.version += 1;
    row.json = null;
    this.#byEmail.set(row.user.email.toLowerCase(), row);
  }

  json(id: string): string {
    const row = this.#byId.get(id);
    return row ? toJson(row) : "null";
  }

  /** The documented envelope over the users whom `where` accepts, from below the id `offset`. */
  page(offset: string | null, size: number, where: (user: ServedUser) => boolean): string {
    const rows = this.#rows.filter(({ user }) => where(user));
    const from = offset === null ? 0 : rows.findIndex(({ user }) => user.id < offset);
    const some = from < 0 ? [] : rows.slice(from, from + size);
    const next = JSON.stringify(some.at(-1)?.user.id ?? null);
    return `{"total":${rows.length},"offset":${next},"items":[${some.map(toJson).join(",")}]}`;
  }

  #index(row: Row): void {
    const { id, email } = row.user;
    if (this.find(id) || this.find(email)) throw new Error(`The sandbox already has ${email}.`);
    this.#byId.set(id, row);
    this.#byEmail.set(email.toLowerCase(), row);
  }
}

function toJson(row: Row): string {
  row.json ??= JSON.stringify(row.user);
  return row.json;
}
