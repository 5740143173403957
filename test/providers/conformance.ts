/** The conformance suite: a kind of provider in, tests out. A test that is skipped says why. */
import { describe, expect, test } from "vitest";
import { GROUPS } from "./conformance/checks.ts";
import type { Kind } from "./conformance/kind.ts";

/** Registers the tests of one kind; a check that waits for something of the line must fail until that is there. */
export function conformance(kind: Kind): void {
  describe(kind.name, () => {
    for (const { title, checks } of GROUPS) {
      describe(title, () => {
        for (const { name, skip, run } of checks(kind)) {
          const awaits = kind.awaits?.[name];
          const holds = async () => expect(await run()).toBeUndefined();
          if (skip !== null) test.skip(`${name}: ${skip}`, holds);
          else if (awaits !== undefined) test.fails(`${name}: waits for ${awaits}`, holds);
          else test(name, holds);
        }
      });
    }
  });
}
