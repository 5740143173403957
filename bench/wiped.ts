/**
 * Runs on an estate in which Curfew has wiped every session: what the ledger keeps of it, and what a run costs that
 * has nothing to do. Beside the same estate in which nothing is remembered.
 */
import { execFile } from "node:child_process";
import { mkdir, readdir, stat } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { mb, print, ratio, round } from "./figures.ts";

/** What a process of wiped-run.ts says. */
export interface WipedRun {
  ms: number;
  peak: number;
  wiped: number;
}

const run = promisify(execFile);
const ROUNDS = 3;
/** MB: that of the function (infra/target-run.ts), and what putting all of it on record at once takes. */
const HEAP = 768;
const SEED_HEAP = 4000;

/** Measures with so many sessions. `folder` is for the ledgers. */
export async function wiped(folder: string): Promise<void> {
  print("A run with nothing to do, where every session was wiped before and the device never came");
  for (const sessions of [10_000, 100_000, 1_000_000]) {
    const measured = async (remembered: number) => {
      const ledger = path.join(folder, `wiped-${sessions}-${remembered}`);
      await mkdir(ledger);
      const once = async (what: string) => {
        const driver = path.join(import.meta.dirname, "wiped-run.ts");
        const args = [
          `--max-old-space-size=${what === "seed" ? SEED_HEAP : HEAP}`,
          driver,
          what,
          ledger,
          String(sessions),
        ];
        return JSON.parse((await run(process.execPath, args)).stdout) as WipedRun;
      };
      if (remembered > 0) await once("seed");
      const rounds: WipedRun[] = [];
      for (let i = 0; i < ROUNDS; i++) rounds.push(await once("run"));
      const known = rounds.map(({ wiped }) => wiped);
      if (known.some((n) => n !== remembered))
        throw new Error(`${remembered} are remembered, not ${known}`);
      const ms = Math.min(...rounds.map((one) => one.ms));
      const peak = Math.max(...rounds.map((one) => one.peak));
      return { ms, peak, state: await sizeOf(ledger, "state.json") };
    };
    const without = await measured(0);
    const all = await measured(sessions);
    print(
      `  ${round(sessions)} sessions: state.json ${mb(all.state)} MB; ${round(all.ms)} ms beside ${round(without.ms)} ms (${ratio(all.ms / without.ms)} times), ${mb(all.peak)} MB resident beside ${mb(without.peak)} MB`,
    );
  }
}

async function sizeOf(ledger: string, name: string): Promise<number> {
  const all = await readdir(ledger, { recursive: true });
  const found = all.find((file) => path.basename(file) === name);
  if (found === undefined) throw new Error(`no ${name} in ${ledger}`);
  return (await stat(path.join(ledger, found))).size;
}
