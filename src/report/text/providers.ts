/** The table of providers, for people: what each can do and tell, and the rights that it needs. */
import { type Capabilities, MOMENTS } from "../../model/capabilities.ts";
import { labelled } from "../../text/layout.ts";
import { count } from "../../text/words.ts";
import { MINUTE } from "../../time.ts";

const WIDTH = 100;

/** One block for each provider, by its name in `target.provider`. */
export function providersText(catalog: Readonly<Record<string, Capabilities>>): string {
  const blocks = Object.entries(catalog).map(([provider, can]) => {
    const rows = rowsOf(can);
    const width = Math.max(...rows.map(([label]) => label.length)) + 2;
    const lines = rows.flatMap(([label, text]) => labelled(label, text, width, WIDTH));
    return [`${provider} (${can.name})`, ...lines].join("\n");
  });
  return `${blocks.join("\n\n")}\n`;
}

function rowsOf(can: Capabilities): [label: string, text: string][] {
  return [
    ["locks", locks(can)],
    ["ends", ends(can)],
    ["wipes", can.wipe ? "yes" : "no"],
    ["tells of a session", moments(can)],
    ["devices by", devices(can)],
    ["a whole read", CENSUS[can.census]],
    ["enrolls by", can.enroll ?? "nothing"],
    ...(can.compares.length > 0 ? [told("compares", `${can.compares.join(", ")} with what the backend holds itself`)] : []),
    ...Object.entries(can.instead).map(([rule, what]) => told(`instead of ${rule}`, what)),
    ["rights to read", can.rights.read.join("; ")],
    ["rights to write", can.rights.write.join("; ")],
  ];
}

function told(label: string, text: string): [string, string] {
  return [label, text];
}

function locks({ lock }: Capabilities): string {
  if (!lock) return "nobody";
  const sessions = lock.endsSessions ? "a lock ends the user's sessions" : "a lock ends no session";
  return `users; ${sessions}, an unlock revives ${lock.revives ? "what was not ended" : "none"}`;
}

function ends({ end, ended, residual }: Capabilities): string {
  if (end === null) return "no session";
  const what = end === "session" ? "any one session" : "all sessions of a user at once";
  const after =
    residual === null
      ? ""
      : `; what was issued before works for ${count(residual / MINUTE, "minute")} more`;
  return `${what}; an ended one ${ENDED[ended]}${after}`;
}

const ENDED: Record<Capabilities["ended"], string> = {
  state: "stays, with a state",
  gone: "is gone",
  unseen: "can't be told from others",
};

const CENSUS: Record<Capabilities["census"], string> = {
  exact: "is proven by an exact count",
  counted: "is proven by a count before and after it",
  register: "is the read of the whole register",
  none: "is proven by no count",
};

function moments({ moments }: Capabilities): string {
  const told = MOMENTS.flatMap((moment) => {
    const grain = moments[moment];
    if (grain === null) return [];
    return grain === 0 ? WORDS[moment] : `${WORDS[moment]} (to ${count(grain / MINUTE, "minute")})`;
  });
  return told.join(", ") || "no moment";
}

const WORDS = { createdAt: "creation", signedInAt: "sign-in", lastConnectedAt: "last connection" };

function devices({ attributes }: Capabilities): string {
  const names = Object.entries(attributes).map(([name, how]) => `${name} (${how})`);
  return names.join(", ") || "nothing";
}
