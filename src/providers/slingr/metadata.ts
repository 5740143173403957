/** Reads what an app's metadata says of its groups' sessions (docs/backends/slingr.md, "Sessions"). */
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import * as z from "zod";
import { readJson } from "../../json.ts";
import type { SlingrTarget } from "../../model/policy.ts";
import type { GroupIdle, OwnSettings } from "../../model/settings.ts";
import type { Duration } from "../../model/vocabulary.ts";
import { DAY, HOUR, MINUTE } from "../../time.ts";

const GROUPS = "security/groups";

const wireGroup = z.object({
  name: z.string().min(1),
  label: z.string().nullish(),
  security: z
    .object({
      sessionPolicies: z.object({ automaticLogoutTime: z.string().nullish() }).nullish(),
    })
    .nullish(),
});

/** The documents have `eightHours` alone; that all words are built like it is inferred. */
const NUMBERS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
const MORE = { twelve: 12, fifteen: 15, twenty: 20, thirty: 30, fortyFive: 45 } as const;
const COUNTS = new Map<string, number>([
  ...NUMBERS.map((word, i) => [word, i + 1] as const),
  ...Object.entries(MORE),
]);
const UNITS = { Minute: MINUTE, Hour: HOUR, Day: DAY, Week: 7 * DAY } as const;

/** A word such as `eightHours`; null where it is none that is known. */
export function lengthOf(word: string): Duration | null {
  const { count = "", unit = "" } =
    /^(?<count>[a-zA-Z]+?)(?<unit>Minute|Hour|Day|Week)s?$/.exec(word)?.groups ?? {};
  const times = COUNTS.get(count);
  return times === undefined ? null : times * UNITS[unit as keyof typeof UNITS];
}

/** What the folder of a target says of each group; null where the target names none. What can't be read is told. */
export async function readSettings(
  { metadata, source }: Pick<SlingrTarget, "metadata" | "source">,
  cwd: string,
): Promise<OwnSettings | null> {
  if (metadata === null) return null;
  const folder = path.resolve(cwd, path.dirname(source.file), metadata, GROUPS);
  const shown = `${metadata.replace(/\/$/, "")}/${GROUPS}`;
  const settings: OwnSettings = { groups: [], faults: [] };
  try {
    const names = (await readdir(folder)).filter((name) => name.endsWith(".json")).sort();
    if (names.length === 0) settings.faults.push(`${shown} holds no group`);
    for (const name of names) {
      const read = groupOf(await readFile(path.join(folder, name), "utf8"));
      if (typeof read === "string") settings.faults.push(`${shown}/${name} ${read}`);
      else settings.groups.push(read);
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    settings.faults.push(
      `${shown} can't be read (${code === "ENOENT" ? "it is not there" : message})`,
    );
  }
  return settings;
}

/** A group of a file; or why it can't be told, as the end of a sentence. */
function groupOf(text: string): GroupIdle | string {
  const read = wireGroup.safeParse(readJson(text)?.value);
  if (!read.success) return "is no group as documented";
  const { name, label, security } = read.data;
  const word = security?.sessionPolicies?.automaticLogoutTime ?? null;
  const idle = word === null ? null : lengthOf(word);
  if (word !== null && idle === null) return `has an automaticLogoutTime of an unknown word`;
  return { group: name, label: label ?? null, idle };
}
