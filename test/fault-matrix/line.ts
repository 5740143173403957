/** The real line in one process: a sandbox on loopback, a ledger in a folder, policies as YAML, and a clock that only tests move. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { loadPolicies } from "../../src/checkout/load.ts";
import { openLedger } from "../../src/ledger/ledger.ts";
import { openFolder } from "../../src/ledger/store/folder/folder.ts";
import type { Plan } from "../../src/model/plan.ts";
import type { Policy } from "../../src/model/policy.ts";
import type { Provider } from "../../src/model/ports.ts";
import type { Memory } from "../../src/model/run.ts";
import type { Instant } from "../../src/model/vocabulary.ts";
import { createJourneyAppsProvider } from "../../src/providers/journeyapps/provider.ts";
import {
  type Sandbox,
  type SandboxOptions,
  type ServedUser,
  startSandbox,
} from "../../src/providers/journeyapps/sandbox/sandbox.ts";
import { type Run, reconcile } from "../../src/reconcile.ts";
import { VERSION } from "../../src/version.ts";
import { ofJourneyApps } from "../kit/builders.ts";
import { inHurry } from "./hurry.ts";

export interface LineOptions extends SandboxOptions {
  estate: ServedUser[];
  /** The moment at which it begins. */
  at: Instant;
  /** Users asked for at once. @default 1000 */
  pageSize?: number;
  /** Where the policies say that the target is. @default the sandbox */
  address?: string;
}

/** Each run is a new process: new connections, a new reading of the ledger. */
export interface Line {
  /** Another one after `comeBack`, with the same state. */
  readonly sandbox: Sandbox;
  /** The moment. */
  at: Instant;
  /** Whether time-outs are short. */
  hurry: boolean;
  /** The folder of all files. */
  readonly root: string;
  /** Loads a policy: a target and these sections. Throws PolicyError. */
  policy(sections: string, more?: { target?: string; file?: string }): Promise<Policy>;
  /** Asks who the target is, and plans. */
  plan(policy: Policy): Promise<Run>;
  /** Plans, calls `agreed` with the plan, and carries it out; `saved`: what is in that plan and still true. */
  apply(policy: Policy, how?: Apply): Promise<Run>;
  /** What the ledger knows. */
  memory(): Promise<Memory>;
  /** A provider of its own, for one call. */
  call<T>(policy: Policy, work: (provider: Provider) => Promise<T>): Promise<T>;
  /** Nobody listens at the address any more. */
  vanish(): Promise<void>;
  comeBack(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

interface Apply {
  agreed?: (plan: Plan) => Promise<void> | void;
  saved?: Plan;
}

export async function openLine(options: LineOptions): Promise<Line> {
  const root = await mkdtemp(path.join(tmpdir(), "curfew-line-"));
  let at = options.at;
  let hurry = false;
  let runs = 0;
  const clock = patient();
  const start = (more: Partial<SandboxOptions>) =>
    startSandbox({ clock: () => at + clock.now(), ...options, ...more });
  let sandbox = await start({});
  const url = options.address ?? sandbox.url;
  const { token } = sandbox;
  const ledger = () => openLedger(openFolder(path.join(root, "ledger")), { url, place: "ledger" });
  const call = async <T>({ target }: Policy, work: (provider: Provider) => Promise<T>) => {
    const { pageSize = 1000 } = options;
    const provider = createJourneyAppsProvider({
      target: ofJourneyApps(target),
      credential: token,
      pageSize,
      clock,
    });
    try {
      return await (hurry ? inHurry(clock.pass, () => work(provider)) : work(provider));
    } finally {
      await provider.close();
    }
  };
  const run = (policy: Policy, how: Apply | null) =>
    call(policy, async (provider) => {
      const memory = ledger();
      const parts = { policy, source: provider, ledger: memory, version: VERSION };
      const scope = { only: null, saved: how?.saved ?? null };
      await provider.info();
      if (how === null) return reconcile(parts, at, scope);
      const agree = async (plan: Plan) => {
        await how.agreed?.(plan);
        return true;
      };
      const check = () => {};
      const hands = { provider, ledger: memory, run: `run-${++runs}`, agree, check };
      return reconcile(parts, at, scope, hands);
    });
  return {
    get sandbox() {
      return sandbox;
    },
    get at() {
      return at;
    },
    set at(moment) {
      at = moment;
    },
    get hurry() {
      return hurry;
    },
    set hurry(short) {
      hurry = short;
    },
    root,
    async policy(sections, { target = "", file = "policy.yaml" } = {}) {
      await writeFile(path.join(root, file), policyText(url, target, sections));
      const [policy] = await loadPolicies([file], { cwd: root, at, commit: null });
      if (!policy) throw new Error("no policy came back");
      return policy;
    },
    plan: (policy) => run(policy, null),
    apply: (policy, how = {}) => run(policy, how),
    memory: () => ledger().recall(),
    call,
    vanish: () => sandbox.close(),
    async comeBack() {
      sandbox = await start({ estate: sandbox.users(), port: sandbox.port });
    },
    async [Symbol.asyncDispose]() {
      await sandbox.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** `target`: more lines of the target; its name is production unless they say otherwise. */
function policyText(url: string, target: string, sections: string): string {
  const name = /^name:/m.test(target) ? [] : ["name: production"];
  const lines = [...name, "provider: journeyapps", `url: ${url}`, "credentials: env:TOKEN"];
  const all = [...lines, ...target.split("\n").filter((line) => line !== "")];
  return `version: 1\ntarget:\n${all.map((line) => `  ${line}\n`).join("")}${sections}`;
}

/** Sleeping takes no time, and the time passes all the same. */
function patient() {
  let now = 0;
  const pass = (time: number) => {
    now += time;
  };
  return { now: () => now, sleep: async (wait: number) => pass(wait), random: () => 0.5, pass };
}
