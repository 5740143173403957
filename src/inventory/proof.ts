/**
 * The proof that a paged read is whole: docs/contract.md, "An inventory is trusted only when it is whole".
 * The worst accidents of this class of tool were failed reads taken for truth (docs/failure-modes.md, "The ten" 1).
 */
import { Incomplete } from "../errors.ts";
import type { Page } from "../model/inventory.ts";
import { mixer } from "./hash.ts";

/** Checks pages as they come. Both methods throw Incomplete. */
export interface Proof {
  /** `ids`: those of the page's objects, null for an object without one. */
  page(page: Page<unknown>, ids: readonly (string | null)[]): void;
  end(): void;
  /** Whether an object of this id came. */
  has(id: string): boolean;
}

/** `what` names the objects in messages; `salt` differs between attempts, so that no chance collision of hashes lasts. */
export function proofOfCompleteness(what: string, salt: number): Proof {
  const seen = idSet(salt);
  let first: number | null = null;
  let total = 0;
  let read = 0;
  let more = true;
  return {
    has: seen.has,
    page(page, ids) {
      if (!more)
        throw new Incomplete(`a page of ${what} followed the one that said it was the last`);
      if (page.count !== page.objects.length)
        throw new Incomplete(
          `a page of ${what} claims ${page.count} objects and holds ${page.objects.length}`,
        );
      if (page.total < total)
        throw new Incomplete(
          `the total of ${what} fell from ${total} to ${page.total} while they were read`,
        );
      if (first === null && page.total > 0 && page.objects.length === 0)
        throw new Incomplete(
          `the target counts ${page.total} ${what} and lists none, as it does where the credential has no right to list them`,
        );
      if (page.more && page.objects.length === 0)
        throw new Incomplete(`an empty page of ${what} promises more`);
      for (const id of ids) {
        if (id !== null && !seen.add(id)) throw new Incomplete(`${what}: ${id} came twice`);
      }
      first ??= page.total;
      // A total may rise while somebody enrolls; one that runs away would be read for ever.
      if (page.total > 2 * first + 1000)
        throw new Incomplete(`the total of ${what} rose from ${first} to ${page.total}`);
      total = page.total;
      read += page.objects.length;
      more = page.more;
      // Bounds a backend that never ends.
      if (read > total)
        throw new Incomplete(`more ${what} came (${read}) than the total says (${total})`);
    },
    end() {
      if (first === null) throw new Incomplete(`no page of ${what} came`);
      if (more) throw new Incomplete(`the last page of ${what} says that there are more`);
      if (read < first)
        throw new Incomplete(`${read} ${what} came of ${first} that the first page promised`);
    },
  };
}

/**
 * A set of strings that keeps 52 bits of each instead of the text: a million ids take 16 MB and leave
 * nothing to collect. Two of a million ids collide by chance once in nine thousand reads, and the salt
 * of the next attempt tells them apart.
 */
function idSet(salt: number): { add(id: string): boolean; has(id: string): boolean } {
  const mix = mixer(salt);
  const hashed = new Uint32Array(2);
  /** Never 0, which marks an empty slot. */
  const hash52 = (text: string): number => {
    mix.text(text);
    mix.addTo(hashed.fill(0));
    const [low = 0, high = 0] = hashed;
    return (high >>> 12) * 4294967296 + low || 1;
  };
  let slots = new Float64Array(1024);
  let size = 0;
  const insert = (into: Float64Array, key: number): boolean => {
    const mask = into.length - 1;
    for (let i = key & mask, step = 0; step < into.length; step++, i = (i + 1) & mask) {
      if (into[i] === key) return false;
      if (into[i] === 0) {
        into[i] = key;
        return true;
      }
    }
    throw new Error("the set of ids is full");
  };
  const has = (id: string): boolean => {
    const key = hash52(id);
    const mask = slots.length - 1;
    let i = key & mask;
    for (let step = 0; slots[i] !== 0; step++, i = (i + 1) & mask) {
      if (slots[i] === key) return true;
      if (step > mask) break;
    }
    return false;
  };
  return {
    has,
    add(id) {
      if (size * 2 >= slots.length) {
        const larger = new Float64Array(slots.length * 2);
        for (const key of slots) if (key !== 0) insert(larger, key);
        slots = larger;
      }
      const fresh = insert(slots, hash52(id));
      if (fresh) size++;
      return fresh;
    },
  };
}
