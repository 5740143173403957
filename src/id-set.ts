/** A set of many strings in little memory. */
import { mixer } from "./hash.ts";

export interface IdSet {
  /** False where it was there already. */
  add(id: string): boolean;
  has(id: string): boolean;
}

/**
 * A set of strings that keeps 52 bits of each instead of the text: a million ids take 16 MB and leave
 * nothing to collect. Two of a million ids collide by chance once in nine thousand reads, and the salt
 * of the next attempt tells them apart.
 */
export function idSet(salt = 0): IdSet {
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
  /** The slot of a key, or the empty one where it belongs. */
  const slotOf = (within: Float64Array, key: number): number => {
    const mask = within.length - 1;
    for (let i = key & mask, step = 0; step < within.length; step++, i = (i + 1) & mask) {
      if (within[i] === key || within[i] === 0) return i;
    }
    throw new Error("the set of ids is full");
  };
  return {
    add(id) {
      if (size * 2 >= slots.length) {
        const larger = new Float64Array(slots.length * 2);
        for (const key of slots) if (key !== 0) larger[slotOf(larger, key)] = key;
        slots = larger;
      }
      const key = hash52(id);
      const slot = slotOf(slots, key);
      if (slots[slot] === key) return false;
      slots[slot] = key;
      size++;
      return true;
    },
    has(id) {
      const key = hash52(id);
      return slots[slotOf(slots, key)] === key;
    },
  };
}
