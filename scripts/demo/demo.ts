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

const { values } = parseArgs({ options: { provider: { type: "string", default: "journeyapps" } } });
const story = STORIES.get(values.provider);
if (story) await story();
else {
  process.stderr.write(
    `There is no demo of ${values.provider}: give --provider ${[...STORIES.keys()].join(", ")}.\n`,
  );
  process.exitCode = 1;
}
