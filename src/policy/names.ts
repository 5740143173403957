/** When two names are one. docs/contract.md, "Names"; everything that compares names of users asks here. */

/** What a name is compared by: one that holds an `@` without case and without spaces around it, any other as written. */
export function nameKey(name: string): string {
  return name.includes("@") ? loosely(name) : name;
}

/** Without case and without spaces around it: how `protected` compares any name, ids included. */
export function loosely(name: string): string {
  // By way of the capitals, so that letters with several small forms are one.
  return name.trim().toUpperCase().toLowerCase();
}
