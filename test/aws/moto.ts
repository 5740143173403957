/** The AWS emulator of the tests: `moto_server`, a process of its own on a port of 127.0.0.1. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe } from "vitest";
import { isSkipped, MOTO_SERVER, NEEDS } from "../kit/needs.ts";

/** A running emulator; all of its state is in memory. */
export interface Moto {
  /** `http://127.0.0.1:PORT`, for any service. */
  readonly url: string;
  /** What the environment of an AWS client must hold to speak to it and to nobody else; `…URL`, keys, region. */
  readonly env: Readonly<Record<string, string>>;
  /** Forgets all that was made in it. */
  reset(): Promise<void>;
  /** Ends the process. */
  stop(): Promise<void>;
}

/** Python runs what is here first. */
const ATOMIC = join(import.meta.dirname, "moto-site");
const STARTS_WITHIN = 60_000;
const STOPS_WITHIN = 5_000;

/**
 * Starts an emulator and waits until it answers. `env` is added to its environment, e.g. `MOTO_PORT`, the port of
 * localhost where it looks for AWS itself. Throws where there is no moto.
 */
async function startMoto(env: Record<string, string> = {}): Promise<Moto> {
  const command = MOTO_SERVER;
  if (command === null) throw new Error(`This test ${NEEDS.aws.remedy}.`);
  const child = spawn(command, ["-H", "127.0.0.1", "-p", "0"], {
    env: { ...process.env, PYTHONUNBUFFERED: "1", PYTHONPATH: ATOMIC, ...env },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const endWithUs = () => child.kill("SIGKILL");
  process.once("exit", endWithUs);
  const stop = async () => {
    process.off("exit", endWithUs);
    await end(child);
  };
  try {
    const url = await address(child, command);
    return { url, env: clientEnv(url), reset: () => reset(url), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * A `describe` whose tests have an emulator: started before the first of them and ended after the last; `moto()` gives
 * it, within tests and hooks; `env` is as for startMoto. All of them are slow.
 */
export function describeWithMoto(
  name: string,
  tests: (moto: () => Moto) => void,
  env: Record<string, string> = {},
): void {
  const skipped = isSkipped(NEEDS.aws);
  const title = skipped ? `${name} (${NEEDS.aws.remedy})` : name;
  describe.skipIf(skipped)(title, { tags: "slow" }, () => {
    let moto: Moto | null = null;
    beforeAll(async () => {
      moto = await startMoto(env);
    });
    afterAll(() => moto?.stop());
    tests(() => {
      if (moto === null) throw new Error("moto() is for tests and hooks.");
      return moto;
    });
  });
}

/** The address that it says it listens at. Throws, with its last words, where it ends or says none. */
async function address(child: ChildProcess, command: string): Promise<string> {
  const { stderr } = child;
  if (stderr === null) throw new Error("moto's standard error is no pipe.");
  const words: string[] = [];
  const late = setTimeout(() => child.kill("SIGKILL"), STARTS_WITHIN);
  try {
    await once(child, "spawn");
    for await (const line of createInterface({ input: stderr })) {
      words.push(line);
      const url = /Running on (http:\/\/127\.0\.0\.1:\d+)/.exec(line)?.[1];
      if (url !== undefined) return url;
    }
  } finally {
    clearTimeout(late);
    // It logs each request, and would wait for a reader.
    stderr.resume();
  }
  throw new Error(`${command} did not start:\n${words.slice(-20).join("\n")}`);
}

/** No profile, file or metadata service of the machine shall be asked. */
function clientEnv(url: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: url,
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    AWS_REGION: "eu-central-1",
    AWS_DEFAULT_REGION: "eu-central-1",
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    AWS_EC2_METADATA_DISABLED: "true",
  };
}

async function reset(url: string): Promise<void> {
  const answer = await fetch(`${url}/moto-api/reset`, { method: "POST" });
  await answer.text();
  if (!answer.ok) throw new Error(`moto did not reset: ${answer.status}`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const late = setTimeout(() => child.kill("SIGKILL"), STOPS_WITHIN);
  await ended;
  clearTimeout(late);
}
