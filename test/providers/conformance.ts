/** The conformance suite: a kind of provider in, tests out. A test that is skipped says why. */
import { describe, expect, test } from "vitest";
import { GROUPS } from "./conformance/checks.ts";
import type { Kind } from "./conformance/kind.ts";

/** Registers the tests of one kind. */
export function conformance(kind: Kind): void {
  describe(kind.name, () => {
    for (const { title, checks } of GROUPS) {
      describe(title, () => {
        for (const { name, skip, run } of checks(kind)) {
          const holds = async () => expect(await run()).toBeUndefined();
          if (skip !== null) test.skip(`${name}: ${skip}`, holds);
          else test(name, holds);
        }
      });
    }
  });
}
