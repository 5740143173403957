/** What a stand-in leaves of each time it was called: one JSON line in the file CALLS. */
import { appendFileSync } from "node:fs";

export interface Call {
  program: string;
  args: string[];
  /** What of its environment matters. */
  env: Record<string, string>;
}

const TOLD = /^(?:AWS_|GH_TOKEN$|GITHUB_TOKEN$|PULUMI_|JOURNEYAPPS_TOKEN$)/;

/** Records this call of `program` and returns its arguments. */
export function recorded(program: string): string[] {
  const args = process.argv.slice(2);
  const env = Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      TOLD.test(name) && value ? [[name, value]] : [],
    ),
  );
  const call: Call = { program, args, env };
  appendFileSync(process.env.CALLS ?? "calls", `${JSON.stringify(call)}\n`);
  return args;
}
