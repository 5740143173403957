// @module-tag slow
import fc from "fast-check";
import { expect, it } from "vitest";
import { BusyError } from "../../../src/errors.ts";
import { acquireLease, type FencedLease, LeaseLostError } from "../../../src/ledger/lease/lease.ts";
import { clockAt, foreignHolder } from "../samples.ts";
import type { Place } from "../store/store-suite.ts";
import { inEachStore } from "../stores.ts";

type Deed =
  | { do: "take" | "renew" | "release"; who: number }
  | { do: "pass"; ms: number }
  | { do: "set clock"; who: number; ms: number };

const who = fc.nat({ max: 2 });
const deed: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("take" as const), who }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("renew" as const), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("release" as const), who }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("pass" as const),
      ms: fc.constantFrom(5_000, 29_000, 61_000),
    }),
  },
);
const skewed: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 10, arbitrary: deed },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("set clock" as const),
      who,
      ms: fc.integer({ min: -500_000, max: 500_000 }),
    }),
  },
);

/** Three machines that take turns; `after` sees all after each deed. */
async function play(
  fresh: () => Promise<Place>,
  deeds: readonly Deed[],
  after: (leases: readonly (FencedLease | null)[], fences: readonly number[]) => Promise<void>,
): Promise<void> {
  const place = await fresh();
  try {
    const store = place.open();
    const clocks = [0, 1, 2].map(() => clockAt(1_800_000_000_000));
    const leases: (FencedLease | null)[] = [null, null, null];
    const fences: number[] = [];
    for (const [n, what] of deeds.entries()) {
      if (what.do === "pass") for (const clock of clocks) clock.pass(what.ms);
      else {
        const clock = clocks[what.who] ?? clockAt(0);
        if (what.do === "set clock") clock.time += what.ms;
        else await act(what.do, clock, n, what.who);
      }
      await after(leases, fences);
    }

    async function act(kind: string, clock: ReturnType<typeof clockAt>, n: number, who: number) {
      try {
        if (kind === "renew") await leases[who]?.renew();
        else if (kind === "release") await leases[who]?.release();
        else {
          const lease = await acquireLease(store, "k", foreignHolder(`run-${n}`), clock);
          leases[who] = lease;
          fences.push(lease.fence);
        }
      } catch (error) {
        if (!(error instanceof BusyError || error instanceof LeaseLostError)) throw error;
      }
    }
  } finally {
    await place.close();
  }
}

async function holds(use: () => void | Promise<void>): Promise<boolean> {
  try {
    await use();
    return true;
  } catch (error) {
    if (error instanceof LeaseLostError) return false;
    throw error;
  }
}

inEachStore((fresh, kind) => {
  const numRuns = kind === "S3" ? 6 : 60;

  it("fences grow with each holder, and only the newest holder's is confirmed, whatever the clocks do", async () => {
    const property = fc.asyncProperty(fc.array(skewed, { maxLength: 25 }), (deeds) =>
      play(fresh, deeds, async (leases, fences) => {
        expect(fences).toEqual([...new Set(fences)].sort((a, b) => a - b));
        for (const lease of leases) {
          const newest = lease?.fence === fences.at(-1);
          if (lease && !newest) expect(await holds(() => lease.confirm())).toBe(false);
        }
      }),
    );
    await fc.assert(property, { numRuns });
  });

  it("never do two think that they may write, where clocks agree", async () => {
    const property = fc.asyncProperty(fc.array(deed, { maxLength: 25 }), (deeds) =>
      play(fresh, deeds, async (leases) => {
        const may = leases.map((lease) => lease !== null && holds(() => lease.check()));
        const writers = (await Promise.all(may)).filter(Boolean);
        expect(writers.length).toBeLessThanOrEqual(1);
      }),
    );
    await fc.assert(property, { numRuns });
  });
});
