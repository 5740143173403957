/** `npm run demo`: the main job of Curfew on an embedded sandbox, told step by step. `-- --provider NAME` tells it on another. */
import { parseArgs } from "node:util";
import { corporateacademyStory } from "./corporateacademy.ts";
import { journeyAppsStory } from "./journeyapps.ts";
import { slingrStory } from "./slingr.ts";

const STORIES = new Map([
  ["journeyapps", journeyAppsStory],
  ["slingr", slingrStory],
  ["corporateacademy", corporateacademyStory],
]);

const NAMES = [...STORIES.keys()].join(" | ");

/** The provider that was asked for; null for what can't be understood. */
function asked(): string | null {
  try {
    const { values } = parseArgs({
      options: { provider: { type: "string", default: "journeyapps" } },
    });
    return values.provider;
  } catch {
    return null;
  }
}

const story = STORIES.get(asked() ?? "");
if (story) await story();
else {
  process.stderr.write(`There is no such demo: npm run demo -- --provider ${NAMES}\n`);
  process.exitCode = 1;
}
