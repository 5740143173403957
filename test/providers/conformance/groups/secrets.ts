/** No secret and no session's token is shown anywhere. */
import { equal, ok } from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { FORMATS, rendererOf } from "../../../../src/report/formats.ts";
import {
  ANN,
  action,
  BOB,
  check,
  type Group,
  onLine,
  PAIR,
  readAll,
  unclaimed,
  unreadable,
  write,
} from "../check.ts";
import type { Kind } from "../kind.ts";
import { type Applied, LIMITS, type Line } from "../line.ts";
import { proxyOf, stopped } from "./faults.ts";
import { without } from "./reads.ts";
import { AGE, holdsAge, locking } from "./settles.ts";

const OPTIONS = { colour: false, width: 100, all: true, several: false };

export const SECRETS: Group = {
  title: "shows no secret",
  checks: (kind) => {
    const { lock } = kind.capabilities;
    const writes = unclaimed(kind, lock !== null || holdsAge(kind), "writes nothing by a rule");
    return [
      check(kind, "in what it reads and in what it tells of its requests", {}, () =>
        onLine(kind, without(kind, PAIR), async (line) => {
          const provider = line.provider();
          const told = [await readAll(provider), await provider.info(), await provider.rights([])];
          hides(line, JSON.stringify([told, line.events]));
        }),
      ),
      check(kind, "in plans, reports of every format, and the ledger", { not: writes }, () =>
        onLine(kind, without(kind, PAIR), async (line) => {
          const run = await line.apply(line.policy(wanted(kind)));
          ok((run.outcomes?.length ?? 0) > 0);
          hides(line, JSON.stringify([run.planned.plan, run.outcomes, run.written, line.events]));
          for (const text of await reports(run)) hides(line, text);
          const files = await texts(line.ledger);
          ok(files.length > 0);
          for (const text of files) hides(line, text);
        }),
      ),
      check(
        kind,
        "in errors, though the backend repeats all it is sent",
        { needs: ["network"] },
        () => onLine(kind, without(kind, PAIR), (line) => echoed(kind, line)),
      ),
    ];
  },
};

function wanted(kind: Kind): string {
  const locks = kind.capabilities.lock ? locking(BOB) : "";
  return locks + (holdsAge(kind) ? AGE : "") + LIMITS;
}

/** The backend answers reads, then writes, with an error that holds the request. */
async function echoed(kind: Kind, line: Line): Promise<void> {
  const proxy = proxyOf(line.world);
  const policy = line.policy(wanted(kind));
  proxy.fault = { kind: "echo", on: () => true };
  const error = await stopped(() => line.plan(policy));
  ok(error);
  hides(line, error.message);
  proxy.fault = null;

  const begin = () => {
    proxy.fault = { kind: "echo", on: kind.writes };
  };
  const run = await line.apply(policy, begin);
  hides(line, JSON.stringify([run.written, run.outcomes]));
  for (const text of [...(await reports(run)), ...(await texts(line.ledger))]) hides(line, text);

  proxy.fault = null;
  const provider = line.provider();
  const sessions = (await readAll(provider)).flatMap(({ id, sessions }) =>
    sessions.map((session) => action("re-authenticate", id, session.id)),
  );
  proxy.fault = { kind: "echo", on: () => true };
  for (const one of sessions) {
    equal((await write(provider, one))[0] === "done", false);
    const [result] = await provider.write([one], () => {});
    hides(line, JSON.stringify(result));
  }
  hides(line, String(await unreadable(() => provider.user(ANN))));
  hides(line, JSON.stringify(line.events));
}

/** Every secret, as it is and as addresses, headers and JSON carry it. */
function hides({ world }: Line, text: string): void {
  const secrets = world.secrets();
  ok(secrets.length > 0);
  for (const secret of secrets) {
    const forms = [
      secret,
      encodeURIComponent(secret),
      Buffer.from(secret).toString("base64"),
      JSON.stringify(secret).slice(1, -1),
    ];
    // Not the text itself: what fails is shown.
    for (const form of forms) ok(!text.includes(form), `a secret is shown, ${form.length} long`);
  }
}

async function reports(run: Applied): Promise<string[]> {
  const { plan } = run.planned;
  const outcomes = run.outcomes ?? [];
  const told: string[] = [];
  for (const format of FORMATS) {
    const { plan: planned, drift, apply } = await rendererOf(format);
    const checked = { plan, lastRunAt: null };
    told.push(planned([{ plan }], OPTIONS), drift([checked], OPTIONS));
    told.push(apply([{ plan, outcomes }], OPTIONS));
  }
  return told;
}

/** All files under a folder. */
async function texts(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Promise.all(files.map((file) => readFile(path.join(file.parentPath, file.name), "utf8")));
}
