/** What must hold whatever a backend does. All throw AssertionError. */
import { deepEqual, ok } from "node:assert/strict";
import type { Action } from "../../src/model/plan.ts";
import type { Sandbox } from "../../src/providers/journeyapps/sandbox/sandbox.ts";
import { type picture, promised } from "../kit/scenario-stage.ts";

/** Who is locked and which session is in which state. */
export type Picture = ReturnType<typeof picture>;

/** Nothing was asked of the backend that the plan does not name. */
export function nothingUnplanned(requests: Sandbox["requests"], actions: readonly Action[]): void {
  const planned = new Set(actions.map(({ type, user, session }) => key(type, user, session)));
  const wiping = new Set(actions.filter(({ wipe }) => wipe).map(({ user }) => user));
  for (const { method, path, operations } of requests) {
    if (method !== "POST" || path.endsWith("/authentication-token")) continue;
    const asked = operations?.map(ofOperation) ?? [ofPath(path)];
    for (const one of asked) ok(planned.has(one), `nobody planned: ${one}`);
    const wipes = operations?.filter(({ wipe }) => wipe === true) ?? [];
    for (const { user_id } of wipes)
      ok(wiping.has(String(user_id)), `nobody planned to wipe ${user_id}`);
  }
}

/** Everything is as it was, or as the plan says that it shall be. */
export function onlyPlanned(before: Picture, after: Picture, actions: readonly Action[]): void {
  const then = promised(before, actions);
  deepEqual(Object.keys(after), Object.keys(before));
  for (const [id, user] of Object.entries(after)) {
    oneOf(user.locked, [before[id]?.locked, then[id]?.locked], `${id} locked`);
    for (const [session, state] of Object.entries(user.sessions)) {
      const may = [before, then].map((of) => of[id]?.sessions[session]);
      oneOf(state, may, `${session} of ${id}`);
    }
  }
}

function oneOf<T>(value: T, may: readonly (T | undefined)[], what: string): void {
  ok(may.includes(value), `${what} became ${value}, and nobody planned that`);
}

function ofOperation(operation: Record<string, unknown>): string {
  const { method, user_id, session_id } = operation;
  return key(String(method).split("/").at(-1), String(user_id), session_id ?? null);
}

/** `/users/ID/lock`, `/users/ID/sessions/SID/wipe` */
function ofPath(path: string): string {
  const [, , user = "", , session = null] = path.split("/");
  const type = path.split("/").at(-1);
  return key(type, user, path.includes("/sessions/") ? session : null);
}

function key(type: string | undefined, user: string, session: unknown): string {
  return `${type} of ${session === null ? user : `${user}, ${session}`}`;
}
