interface UserRow<T> {
  value: T;
  /** null after a change, until somebody reads it. */
  json: string | null;
}

/** Records in the order they were added, each with its JSON kept, so that a page is no more than a join. */
export class Table<T extends { id: string }> {
  #rows: UserRow<T>[] = [];
  readonly #byId = new Map<string, UserRow<T>>();

  /** Adds it at the end, or before what is at this place. Throws when the id is taken. */
  add(value: T, place = this.#rows.length): void {
    if (this.#byId.has(value.id)) throw new Error(`The sandbox already has ${value.id}.`);
    const row = { value, json: null };
    if (place >= this.#rows.length) this.#rows.push(row);
    else this.#rows.splice(place, 0, row);
    this.#byId.set(value.id, row);
  }

  get size(): number {
    return this.#rows.length;
  }

  values(): T[] {
    return this.#rows.map((row) => row.value);
  }

  /** The record itself; whoever changes it calls `touch`. */
  get(id: string): T | undefined {
    return this.#byId.get(id)?.value;
  }

  touch(id: string): void {
    const row = this.#byId.get(id);
    if (row) row.json = null;
  }

  remove(id: string): boolean {
    this.#rows = this.#rows.filter((row) => row.value.id !== id);
    return this.#byId.delete(id);
  }

  json(id: string): string | undefined {
    const row = this.#byId.get(id);
    return row && toJson(row);
  }

  /** The documented envelope over the records `where` accepts. */
  page(skip: number, limit: number, where?: (value: T) => boolean): string {
    const rows = where ? this.#rows.filter((row) => where(row.value)) : this.#rows;
    const some = rows.slice(skip, skip + limit);
    const more = skip + some.length < rows.length;
    const head = `"total":${rows.length},"count":${some.length},"more":${more}`;
    return `{${head},"objects":[${some.map(toJson).join(",")}]}`;
  }
}

function toJson<T>(row: UserRow<T>): string {
  row.json ??= JSON.stringify(row.value);
  return row.json;
}
