/** The whole line on a made world: policies as text, a ledger in a folder, and a clock whose sleeps take no time. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { PolicyError, type Problem } from "../../../src/errors.ts";
import { openLedger } from "../../../src/ledger/ledger.ts";
import { openFolder } from "../../../src/ledger/store/folder/folder.ts";
import type { Action, Plan } from "../../../src/model/plan.ts";
import type { Policy } from "../../../src/model/policy.ts";
import type { Provider } from "../../../src/model/ports.ts";
import type { WriteResult } from "../../../src/model/run.ts";
import { checkPolicy } from "../../../src/policy/checks.ts";
import { complete } from "../../../src/policy/complete.ts";
import { join } from "../../../src/policy/join.ts";
import { parsePolicy } from "../../../src/policy/parse/parse.ts";
import type { RequestEvent } from "../../../src/providers/http/client.ts";
import { type Run, reconcile } from "../../../src/reconcile.ts";
import { HOUR } from "../../../src/time.ts";
import { VERSION } from "../../../src/version.ts";
import { inHurry } from "../../fault-matrix/hurry.ts";
import type { How, Kind, MadeUser, World } from "./kind.ts";

/** What a provider answered to what it was asked to write. */
export interface Written {
  action: Action;
  result: WriteResult;
}

/** What an apply came to. */
export interface Applied extends Run {
  written: readonly Written[];
}

/** A world with a line on it; both end together. */
export interface Line extends AsyncDisposable {
  readonly world: World;
  /** The folder of the ledger. */
  readonly ledger: string;
  /** All requests of its providers so far. */
  readonly events: readonly RequestEvent[];
  /** What `validate` says of a policy for this target. */
  problems(sections: string): Problem[];
  /** A policy for this target. Throws PolicyError. */
  policy(sections: string): Policy;
  /** A provider that ends with the line. */
  provider(how?: How): Provider;
  plan(policy: Policy): Promise<Run>;
  /** Plans, calls `agreed`, and carries the plan out, as a process of its own. */
  apply(policy: Policy, agreed?: (plan: Plan) => Promise<void> | void): Promise<Applied>;
  /** With time-outs that end soon. */
  hurried<T>(work: () => Promise<T>): Promise<T>;
}

/** What lets every action of a small estate through. */
export const LIMITS = `limits:
  lock: { percent: 100 }
  unlock: { percent: 100 }
  re-authenticate: { percent: 100, perRun: 100 }
  inventoryDrop: 100
`;

const FILE = "policy.yaml";
const TIMEOUTS = { connect: 2_000, headers: 120, body: 120 };

/** Builds a world of these users, with a line on it. */
export async function lineOn(kind: Kind, users: readonly MadeUser[]): Promise<Line> {
  await using opening = new AsyncDisposableStack();
  const world = opening.use(await kind.build(users));
  const root = await mkdtemp(path.join(tmpdir(), "curfew-conformance-"));
  opening.defer(() => rm(root, { recursive: true, force: true }));
  const events: RequestEvent[] = [];
  const clock = patient();
  let hurry = false;
  let runs = 0;
  const text = (sections: string) => policyText(world, sections);
  const open = (target: Policy["target"], how: How = {}) =>
    world.open(target, {
      ...{ clock, onRequest: (event: RequestEvent) => void events.push(event) },
      ...(hurry && { timeouts: TIMEOUTS }),
      ...how,
    });
  const policy = (sections: string) => checked(text(sections), kind, clock.now()).policy();
  const run = async (of: Policy, agreed: ((plan: Plan) => Promise<void> | void) | null) => {
    const written: Written[] = [];
    const bare = open(of.target);
    try {
      const provider = noting(bare, written);
      const url = of.target.url;
      const ledger = openLedger(openFolder(root), { url, place: "ledger" });
      const parts = { policy: of, source: provider, ledger, version: VERSION };
      const at = clock.now();
      const scope = { only: null, saved: null };
      if (!agreed) return { ...(await reconcile(parts, at, scope)), written };
      const agree = async (plan: Plan) => {
        await agreed(plan);
        return true;
      };
      const hands = { provider, ledger, run: `run-${++runs}`, agree, check: () => {} };
      return { ...(await reconcile(parts, at, scope, hands)), written };
    } finally {
      clock.pass(HOUR);
      await bare.close();
    }
  };
  const opened = opening.move();
  return {
    world,
    ledger: root,
    events,
    problems: (sections) => checked(text(sections), kind, clock.now()).problems,
    policy,
    provider(how) {
      const provider = open(policy("").target, how);
      opened.defer(() => provider.close());
      return provider;
    },
    plan: (of) => run(of, null),
    apply: (of, agreed = () => {}) => run(of, agreed),
    async hurried(work) {
      hurry = true;
      try {
        return await inHurry(clock.pass, work);
      } finally {
        hurry = false;
      }
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** The text of a policy; `sections` begins at the line after its target. */
function policyText(world: World, sections: string): string {
  const target = ["name: production", ...world.target, "credentials: env:TOKEN"];
  return `version: 1\ntarget:\n${target.map((line) => `  ${line}\n`).join("")}${sections}`;
}

/** As loading does, with what this kind can do. */
function checked(text: string, { capabilities }: Kind, at: number) {
  const { policy, sections, damaged, problems: parsed } = parsePolicy(FILE, text);
  const { joined, problems: repeated } = join(sections ? [sections] : []);
  const problems = [...parsed, ...repeated, ...checkPolicy(joined, at, damaged, capabilities)];
  return {
    problems,
    policy() {
      if (!policy || problems.length > 0) throw new PolicyError(problems);
      return complete(policy, joined, [FILE], null);
    },
  };
}

/** The provider, which notes what it answers to writes. Its skew would be the sleeps that took no time. */
function noting(provider: Provider, written: Written[]): Provider {
  const noted: Provider = Object.create(provider);
  noted.skew = () => null;
  noted.write = async (actions, check) => {
    const results = await provider.write(actions, check);
    for (const [i, action] of actions.entries()) {
      const result = results[i];
      if (result) written.push({ action, result });
    }
    return results;
  };
  return noted;
}

/** Sleeping takes no time, and the time passes all the same. */
function patient() {
  let passed = 0;
  const pass = (time: number) => {
    passed += time;
  };
  const now = () => Date.now() + passed;
  return { now, elapsed: now, sleep: async (wait: number) => pass(wait), random: () => 0.5, pass };
}
