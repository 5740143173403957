/** A scenario with real parts: sandboxes on loopback, policies and ledgers in a folder of its own, a clock that only steps move. */

import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { loadPolicies } from "../../src/checkout/load.ts";
import { openLedger } from "../../src/ledger/ledger.ts";
import { openFolder } from "../../src/ledger/store/folder/folder.ts";
import type { Action, Plan } from "../../src/model/plan.ts";
import type { Policy } from "../../src/model/policy.ts";
import type { Ledger, Provider } from "../../src/model/ports.ts";
import type { TargetInfo } from "../../src/model/run.ts";
import type { Instant } from "../../src/model/vocabulary.ts";
import { EVERYTHING } from "../../src/plan/scope.ts";
import { createJourneyAppsProvider } from "../../src/providers/journeyapps/provider.ts";
import {
  type Sandbox,
  type ServedUser,
  startSandbox,
} from "../../src/providers/journeyapps/sandbox/sandbox.ts";
import { type Run, reconcile } from "../../src/reconcile.ts";
import { VERSION } from "../../src/version.ts";
import { ofJourneyApps } from "./builders.ts";
import { seedLedger } from "./scenario-ledger.ts";
import { lengthOf, type Step, type TargetWorld, targetsOf, type World } from "./scenario-world.ts";

/** One deployment on stage. */
export interface Target {
  sandbox: Sandbox;
  info: TargetInfo | null;
  /** A plan of what is true now; writes nothing. */
  plan(): Promise<Run>;
  /** Plans and carries the plan out. */
  apply(): Promise<Run>;
}

export interface Stage {
  /** One for each policy, in the order of their files. */
  targets(): Promise<Target[]>;
  take(step: Step): void;
  /** A plan without what differs from run to run: port, version and digests. */
  settled(plan: Plan): Plan;
  [Symbol.asyncDispose](): Promise<void>;
}

const POLICIES = "policies";
/** Where the policies of a scenario say that a target is. */
const placeholder = (name: string) => `https://${name}.example`;

export async function openStage(folder: string, world: World): Promise<Stage> {
  const root = mkdtempSync(path.join(tmpdir(), "curfew-scenario-"));
  const houses = new Map<string, House>();
  const close = async () => {
    for (const { provider, sandbox } of houses.values()) {
      await provider.close();
      await sandbox.close();
    }
    rmSync(root, { recursive: true, force: true });
  };
  try {
    return { ...(await setUp(folder, world, root, houses)), [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function setUp(
  folder: string,
  world: World,
  root: string,
  houses: Map<string, House>,
): Promise<Omit<Stage, typeof Symbol.asyncDispose>> {
  let at: Instant = Date.parse(world.at);
  let policies = POLICIES;
  let runs = 0;
  const worlds = targetsOf(folder, world);
  for (const target of worlds) houses.set(target.name, await house(target, root, () => at));
  const origins = [...houses].map(([name, { sandbox }]) => {
    return { written: placeholder(name), real: new URL(sandbox.url).origin };
  });
  copyPolicies(folder, root, origins);

  const load = (file: string) => loadPolicies([file], { cwd: root, at, commit: null });
  for (const target of worlds) {
    const policy = (await load(POLICIES)).find((p) => p.target.name === target.name);
    if (!policy) throw new Error(`no policy in ${folder} is for the target ${target.name}`);
    const one = async (file: string) => (await load(file))[0] ?? policy;
    await seedLedger(get(houses, target.name).ledger, target, at, policy, one);
  }

  return {
    async targets() {
      return Promise.all(
        (await load(policies)).map(async (policy) => {
          const { sandbox, provider, ledger } = get(houses, policy.target.name);
          const parts = { policy, source: provider, ledger, version: VERSION };
          const hands = () => ({
            provider,
            ledger,
            run: `run-${++runs}`,
            agree: () => true,
            check: () => {},
          });
          return {
            ...{ sandbox, info: await provider.info() },
            plan: () => reconcile(parts, at, EVERYTHING),
            apply: () => reconcile(parts, at, EVERYTHING, hands()),
          };
        }),
      );
    },
    take(step) {
      at += lengthOf(step.wait ?? "");
      policies = step.policies ?? policies;
      act(step, [...houses.values()], at);
    },
    settled(plan) {
      const origin = origins.find(({ real }) => plan.url.startsWith(real));
      // A scenario is about decisions; what is said where no run has ended yet is told in test/cli/no-ledger.test.ts.
      const { none: _, ...ledger } = plan.ledger;
      return {
        ...plan,
        ledger,
        digest: "sha256:plan",
        version: "0.0.0",
        url: plan.url.replace(origin?.real ?? "", origin?.written ?? ""),
        policy: { ...plan.policy, digest: "sha256:policy" },
        inventory: { ...plan.inventory, digest: "sha256:inventory" },
      };
    },
  };
}

interface House {
  sandbox: Sandbox;
  provider: Provider;
  ledger: Ledger;
}

async function house(target: TargetWorld, root: string, clock: () => Instant): Promise<House> {
  const { name, estate, objects } = target;
  const info = { label: "Acme", environment: name, region: "local" };
  const sandbox = await startSandbox({ estate, objects, info, clock });
  const provider = createJourneyAppsProvider({
    target: ofJourneyApps(targetAt(sandbox.url, name)),
    credential: sandbox.token,
    // Its own time, so that the quota of requests costs none of ours.
    clock: patient(),
  });
  const store = openFolder(path.join(root, ".curfew"));
  return { sandbox, provider, ledger: openLedger(store, { url: sandbox.url, place: ".curfew" }) };
}

function targetAt(url: string, name: string): Policy["target"] {
  return {
    ...{ name, provider: "journeyapps", url, credentials: ["env:TOKEN"], auth: "bearer" },
    ...{ ledger: null, identify: null, environment: null, requestsPerSecond: 10 },
    source: { file: "policies/production.yaml", line: 2 },
  };
}

function patient() {
  let now = 0;
  const sleep = async (wait: number) => {
    now += wait;
  };
  return { now: () => now, sleep, random: () => 0.5 };
}

function get(houses: ReadonlyMap<string, House>, name: string): House {
  const found = houses.get(name);
  if (!found) throw new Error(`the world has no target ${name}`);
  return found;
}

/** All folders of policies, `policies` and those that a step changes to; lines stay where they are. */
function copyPolicies(
  folder: string,
  root: string,
  origins: readonly { written: string; real: string }[],
): void {
  const isFolder = (name: string) => !name.includes(".");
  for (const name of readdirSync(folder).filter(isFolder)) {
    cpSync(path.join(folder, name), path.join(root, name), { recursive: true });
    for (const file of readdirSync(path.join(root, name), { recursive: true })) {
      const full = path.join(root, name, String(file));
      if (!full.endsWith(".yaml")) continue;
      let text = readFileSync(full, "utf8");
      for (const { written, real } of origins) text = text.replaceAll(written, real);
      writeFileSync(full, text);
    }
  }
}

/** What others do to the backend between two runs. */
function act(step: Step, houses: readonly House[], at: Instant): void {
  const of = (id: string) => {
    const found = houses
      .flatMap(({ sandbox }) => sandbox.users().map((user) => ({ sandbox, user })))
      .find(({ user }) => user.id === id || user.sessions.some((s) => s.id === id));
    if (!found) throw new Error(`the world has no ${id}`);
    return found;
  };
  if (step.lock) of(step.lock).sandbox.lock(step.lock);
  if (step.unlock) of(step.unlock).sandbox.unlock(step.unlock);
  const { signIn, sync } = step;
  if (signIn) {
    const { sandbox, user } = of(signIn);
    sandbox.signIn(user.id, signIn, at);
  }
  if (sync) {
    const { sandbox, user } = of(sync);
    sandbox.update(user.id, ({ sessions }) => {
      const session = sessions.find((s) => s.id === sync);
      if (session?.last_connected_at) {
        session.sync_status = { last_full_sync: session.last_connected_at };
      }
    });
  }
}

/** Who is locked and which session is in which state. */
type Picture = Record<string, { locked: boolean; sessions: Record<string, string> }>;

export function picture(users: readonly ServedUser[]): Picture {
  return Object.fromEntries(
    users.map(({ id, locked, sessions }) => [
      id,
      { locked, sessions: Object.fromEntries(sessions.map((s) => [s.id, s.state])) },
    ]),
  );
}

/** The picture that a plan promises: docs/backends/journeyapps.md, "States". What no action names stays as it was. */
export function promised(now: Picture, actions: readonly Action[]): Picture {
  const next = structuredClone(now);
  for (const { type, user, session, wipe } of actions) {
    const of = next[user];
    if (!of) throw new Error(`the plan names ${user}, whom the backend does not have`);
    if (type === "lock" || type === "unlock") of.locked = type === "lock";
    if (type === "lock") {
      for (const [id, state] of Object.entries(of.sessions)) {
        if (state === "ENROLLED") of.sessions[id] = wipe ? "RESET" : "LOCKED";
      }
    }
    if (session !== null) of.sessions[session] = type === "wipe" ? "RESET" : "LOCKED";
  }
  return next;
}

/** What a lock with `wipe` leaves unwiped, in the order of the user's sessions: the backend wipes with it what is signed in. */
export function unwiped(now: Picture, { type, user, wipe }: Action): { unwiped?: string[] } {
  if (type !== "lock" || !wipe) return {};
  const sessions = Object.entries(now[user]?.sessions ?? {});
  const left = sessions.filter(([, state]) => state === "LOCKED").map(([id]) => id);
  return left.length > 0 ? { unwiped: left } : {};
}
