/** The real planner, run on a world from outside: a backend and a ledger in memory, and every run a whole one. */
import type {
  Profile,
  Session as RealSession,
  User as RealUser,
} from "../../src/model/inventory.ts";
import type { Action, Plan } from "../../src/model/plan.ts";
import type { WriteResult } from "../../src/model/run.ts";
import { EVERYTHING } from "../../src/plan/scope.ts";
import { policyOfText } from "../../src/policy/of-text.ts";
import { reconcile } from "../../src/reconcile.ts";
import { backendOf, ledgerOf } from "../kit/backend.ts";
import type { Policy, Session, User } from "./types.ts";
import { edited, NOW, nameAt, type Step, type World } from "./worlds.ts";

export interface Stage {
  at: number;
  file: Policy;
  users(): User[];
  /** Time goes by, and something happens. */
  take(step: Step): void;
  run(): Promise<Plan>;
  /** Whether the backend will refuse, or leave without an answer, what is about this user. */
  trouble(user: string): "failed" | "unknown" | null;
}

export function stageOf(world: World, sizes = { pageSize: 3, writeSize: 100 }): Stage {
  const profiles = new Map(world.users.map(({ id, fields }) => [id, fields && { ...fields }]));
  const backend = backendOf(world.users.map(realUser), sizes);
  const ledger = ledgerOf();
  let step: Step | null = null;
  let runs = 0;
  const trouble = (user: string) => {
    if (step?.refuses.includes(user)) return "failed";
    return step?.silent.includes(user) ? "unknown" : null;
  };
  const profileOf = (id: string, fields: readonly string[]): Profile | null => {
    const all = profiles.get(id);
    if (!all) return null;
    return { id, fields: Object.fromEntries(fields.map((field) => [field, all[field] ?? null])) };
  };
  const provider = {
    ...backend,
    async *profiles(fields: readonly string[]) {
      const objects = [...profiles.keys()].flatMap((id) => profileOf(id, fields) ?? []);
      yield { total: objects.length, count: objects.length, more: false, objects };
    },
    profile: async (id: string, fields: readonly string[]) => profileOf(id, fields),
    named: async (field: string, value: string) =>
      [...profiles].filter(([, all]) => all?.[field] === value).map(([id]) => id),
    write: async (actions: readonly Action[], check: () => void): Promise<WriteResult[]> => {
      const results: WriteResult[] = [];
      for (const action of actions) {
        const status = trouble(action.user);
        if (status) results.push({ status, error: "E" });
        else results.push(...(await backend.write([action], check)));
      }
      return results;
    },
  };
  const stage: Stage = {
    at: NOW,
    file: world.file,
    trouble,
    users: () =>
      backend.estate.map(({ id, locked, sessions }) => ({
        ...{ id, locked, profile: structuredClone(profiles.get(id) ?? null) },
        sessions: sessions.map(asSeen),
      })),
    take(next) {
      step = next;
      stage.at += next.wait;
      stage.file = edited(stage.file, next.edit);
      const user = backend.estate[next.user % backend.estate.length];
      if (user) act(next, user, profiles, stage.at);
    },
    async run() {
      const text = JSON.stringify(stage.file);
      const policy = policyOfText("policies/production.yaml", text, stage.at);
      const parts = { policy, source: provider, ledger, version: "0.0.0-test" };
      const run = `run-${++runs}`;
      const hands = { provider, ledger, run, check: () => {}, agree: () => true };
      return (await reconcile(parts, stage.at, EVERYTHING, hands)).planned.plan;
    },
  };
  return stage;
}

function realUser({ id, locked, sessions, fields }: World["users"][number]): RealUser {
  const own = sessions.map(
    ({ platform, container, bundleId, runtime, device, label, ...rest }): RealSession => ({
      ...rest,
      signedOutAt: null,
      attributes: { platform, container, bundleId, runtime, id: device, label },
    }),
  );
  return { id, locked, lastConnectedAt: null, sessions: own, name: id, fields: fields ?? {} };
}

/** A session of the backend in the oracle's words. */
function asSeen({ attributes, ...rest }: RealSession): Session {
  const { platform = null, container = null, bundleId = null, runtime = null } = attributes;
  const { id: device = null, label = null } = attributes;
  return { ...rest, platform, container, bundleId, runtime, device, label };
}

function act(
  step: Step,
  user: { id: string; locked: boolean; sessions: readonly RealSession[] },
  profiles: Map<string, Record<string, unknown> | null>,
  at: number,
): void {
  const session = user.sessions[step.session];
  if (step.act === "lock" || step.act === "unlock") user.locked = step.act === "lock";
  if (step.act === "rename") {
    const fields = profiles.get(user.id);
    if (fields) fields.email = nameAt(step.name);
  }
  if (!session || session.state === "unused") return;
  const minute = at - 60_000;
  if (step.act === "sign-in" && !user.locked)
    Object.assign(session, { state: "active", signedInAt: minute, lastConnectedAt: minute });
  if (step.act === "connect") session.lastConnectedAt = minute;
  if (step.act === "sync") session.lastFullSyncAt = session.lastConnectedAt;
}
