/** The matrix as Markdown: a table a group of calls, a row a fault, what became of it once and lasting. */
import { type Became, WANTED } from "./between.ts";
import { type Call, DURATIONS, FAULTS, type Fault, GROUPS } from "./matrix.ts";
import type { Result } from "./run.ts";

const HEAD = `# The fault matrix

What becomes of a run when a call of the JourneyApps API meets a fault. Each cell is a real run: the whole line, from
the reading of the policy to the ledger's last word, against the sandbox over HTTP, with the fault on. It has a lock, a
lock with wipe, a wipe, a sign-out and an unlock to do, a lock of somebody else to leave alone and a user to protect.

Whatever a cell says, this was checked in it: no request asked for anything that was not planned; nothing changed in
the backend but as planned; the error, if there was one, is one of Curfew's own; and once the fault was gone, the
backend was as the policy says after one more run, the next plan was empty, every lock of ours was in the ledger, and
nobody else's was lifted.

Before the slash one request meets the fault, after it all do; one entry is for both.

| it says | it means |
| --- | --- |
| done | everything that was planned is done, and was read back |
| retried | the call was made again |
| looked | a call whose answer was lost was not made again before a look whether it had been carried out |
| call by call | without batches, each action by its own call |
| refused (5) | the target could not be read in full: nothing was written, exit code 5 |
| 2 failed (1) | two actions surely or probably did not take effect, the others are done: exit code 1 |
| 2 unknown (1) | nobody could say whether two actions took effect: they count as intents, and the next run found out |
| 2 skipped | the backend says that the user or the session no longer exists |
| 2 left out (1) | two users' records could not be read: nothing was done to them, exit code 1 |
| not confirmed | the backend accepted everything, and could not be read afterwards |
| – | this call can't meet this fault |

“Too slow” means no answer within the time-out; the request takes effect all the same, after Curfew stopped waiting.
Made by \`npm run fault-matrix\`, and compared with what the code does by every run of the tests.
`;

const BETWEEN = `## Changed between read and write

No call fails here: somebody changes the user after the plan was made and before the first write. Each cell says what
became of the action, what the next run did to the user, and how the user and the session stand then. Every other
action was done, and no lock of somebody else was lifted, save one that took the place of ours after the read: the
backend tells no two locks apart. A sign-out has no look of its own: batches carry it, and whoever signed in meanwhile
signs in once more.
`;

/** The whole document. A cell in which something was not as it must be is `wrong`. */
export function matrixDocument(results: readonly Result[], became: Became): string {
  const sections = GROUPS.map(({ title, calls }) => section(title, calls, results));
  return [HEAD, ...sections, between(became)].join("\n");
}

function between(became: Became): string {
  const names = WANTED.map(({ name }) => name);
  const rows = Object.entries(became).map(([change, cells]) => row([change, ...cells]));
  return `${BETWEEN}\n${[...headOf("meanwhile", names), ...rows].join("\n")}\n`;
}

function section(title: string, calls: readonly Call[], results: readonly Result[]): string {
  const met = FAULTS.filter((fault) => calls.some((call) => fault.only?.(call) ?? true));
  const rows = met.map((fault) =>
    row([fault.name, ...calls.map((call) => entry(call, fault, results))]),
  );
  const names = calls.map(({ name }) => name);
  return `## ${title}\n\n${[...headOf("fault", names), ...rows].join("\n")}\n`;
}

function headOf(first: string, names: readonly string[]): string[] {
  return [row([first, ...names]), row(["---", ...names.map(() => "---")])];
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

function entry(call: Call, fault: Fault, results: readonly Result[]): string {
  const verdicts = DURATIONS.flatMap((duration) => {
    const of = results.find(
      ({ cell }) => cell.call === call && cell.fault === fault && cell.duration === duration,
    );
    if (!of) return [];
    return ["error" in of ? "**wrong**" : of.verdict];
  });
  return [...new Set(verdicts)].join(" / ") || "–";
}
