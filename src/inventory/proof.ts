/**
 * The proof that a paged read is whole: docs/contract.md, "An inventory is trusted only when it is whole".
 * The worst accidents of this class of tool were failed reads taken for truth (docs/failure-modes.md, "The ten" 1).
 */
import { Incomplete } from "../errors.ts";
import { idSet } from "../id-set.ts";
import type { Page } from "../model/inventory.ts";

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
