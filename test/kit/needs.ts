/**
 * What some of the slow tests need beside npm, where it is looked for, and how to get it. Where it is missing they fail in
 * CI, and are skipped elsewhere.
 */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

export interface Need {
  readonly found: boolean;
  /** What is missing and how to get it, in a line. */
  readonly remedy: string;
}

/** Whether tests with this need are skipped. */
export function isSkipped(need: Need): boolean {
  return !need.found && process.env.CI !== "true";
}

/** `moto_server`: CURFEW_MOTO, else `.venv` of this checkout, else the PATH's; null where it is nowhere. */
export const MOTO_SERVER =
  process.env.CURFEW_MOTO ||
  programOf(join(import.meta.dirname, "../../.venv/bin"), "moto_server") ||
  onPath("moto_server", process.env.PATH);

/** The browser: CURFEW_CHROMIUM, or the one of the system; null where there is none. */
export function findChromium(env: Readonly<Record<string, string | undefined>>): string | null {
  if (env.CURFEW_CHROMIUM) return isProgram(env.CURFEW_CHROMIUM) ? env.CURFEW_CHROMIUM : null;
  const system = programOf("/usr/bin", "chromium");
  return system ?? onPath("chromium", env.PATH) ?? onPath("chromium-browser", env.PATH);
}

/** `redis-server`; null where there is none. */
export const REDIS_SERVER = onPath("redis-server", process.env.PATH);

const missing = ["bash", "jq", "unzip", "curl", "git"].filter(
  (program) => onPath(program, process.env.PATH) === null,
);

export const NEEDS = {
  aws: { found: MOTO_SERVER !== null, remedy: "needs moto, which `bash .ci/moto` installs" },
  browser: {
    found: findChromium(process.env) !== null,
    remedy: "needs Chromium, which `bash .ci/debian` installs, or one that CURFEW_CHROMIUM names",
  },
  redis: {
    found: REDIS_SERVER !== null,
    remedy: "needs redis-server, which `bash .ci/debian` installs",
  },
  workflows: {
    found: missing.length === 0,
    remedy: `needs ${missing.join(", ")}, which \`bash .ci/debian\` installs`,
  },
} satisfies Record<string, Need>;

/** Before `npm run test:slow`: says once what is skipped. */
export default function tell({ config }: { config: { tagsFilter: string[] | undefined } }): void {
  if (!config.tagsFilter?.some((filter) => /\bslow\b/.test(filter) && !filter.includes("!slow")))
    return;
  for (const [tests, need] of Object.entries(NEEDS))
    if (isSkipped(need)) console.warn(`Skipped: what tests ${tests} ${need.remedy}.`);
}

function onPath(name: string, path = ""): string | null {
  const folders = path.split(delimiter).filter((folder) => folder !== "");
  return folders.map((folder) => programOf(folder, name)).find((file) => file !== null) ?? null;
}

function programOf(folder: string, name: string): string | null {
  const file = join(folder, name);
  return isProgram(file) ? file : null;
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
