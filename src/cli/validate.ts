/** `curfew validate`: checks policy files; no network, no credentials. */
import { Command, Option } from "commander";
import { PolicyError } from "../errors.ts";
import type { Policy } from "../model.ts";
import { jsonReport } from "../report/escape.ts";
import { printable } from "../report/safe.ts";
import type { Door } from "./options.ts";
import { load } from "./targets.ts";

export function validateCommand({ io, exit }: Door): Command {
  return new Command("validate")
    .description("check policy files; needs no network and no credentials")
    .argument("[path...]", "policy files or folders", [])
    .addOption(
      new Option("--format <format>", "how to report").choices(["text", "json"]).default("text"),
    )
    .addHelpText("after", "\nExample:\n  curfew validate policies")
    .action(async (paths: string[], { format }: { format: string }) => {
      if (format === "text") {
        for (const policy of await load(paths, io.now(), io)) io.out(line(policy));
        return;
      }
      const { policies, problems } = await load(paths, io.now(), io)
        .then((loaded) => ({ policies: loaded, problems: [] as PolicyError["problems"] }))
        .catch((error: unknown) => {
          if (error instanceof PolicyError) return { policies: [], problems: error.problems };
          throw error;
        });
      const targets = policies.map((p) => ({
        target: p.target.name,
        files: p.files,
        digest: p.digest,
      }));
      const report = {
        format: "curfew/validation/1",
        valid: problems.length === 0,
        policies: targets,
        problems,
      };
      io.out(jsonReport(report));
      if (problems.length > 0) exit(1);
    });
}

function line({ files, target, enforcement }: Policy): string {
  const rules = Object.entries(enforcement.rules).map(([rule, mode]) => `${rule}: ${mode}`);
  const how = [enforcement.default, ...rules].join(", ");
  const said = `${files.join(" + ")}: valid, for ${target.name} (${target.provider}), enforcement ${how}`;
  return `${printable(said)}\n`;
}
