/** docs/messages.md explains every sentence of an error, of a fault of a policy and of a notice, as the sources have it. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { renewed, saidBySources, UNEXPLAINED } from "../../scripts/messages.ts";

test("docs/messages.md is current (npm run messages), and explains all that it holds", async () => {
  const page = await readFile(join(import.meta.dirname, "../../docs/messages.md"), "utf8");
  const said = await saidBySources();
  // What reads the sources finds something: fewer would mean that it has gone blind.
  expect(said.sentences.length).toBeGreaterThan(150);
  expect(said.literals.length).toBeGreaterThan(1000);
  const { lacking, stale, page: anew } = renewed(page, said);
  expect({ lacking, stale }).toEqual({ lacking: [], stale: [] });
  expect(anew).toBe(page);
  expect(page).not.toContain(UNEXPLAINED);
});

describe("a page", () => {
  const table = (...rows: string[]) =>
    ["# P", "", "| message | it means | do |", "| --- | --- | --- |", ...rows, ""].join("\n");
  const said = (...sentences: string[]) => ({ sentences, literals: sentences });

  test("stays as it is where it says what the sources say", () => {
    const page = table("| `the file … is gone: look for it` | `x` | y |", "", "`not a message`");
    expect(renewed(page, said("…:…: the file … is gone: look for it"))).toEqual({
      page,
      lacking: [],
      stale: [],
    });
  });

  test("has whole what it has short, and keeps what is written beside it", () => {
    const { page } = renewed(
      table("| `the file … is gone: …` | lost | find it |"),
      said('the file … is gone: look for "it" with `ls a|b`'),
    );
    expect(page).toBe(
      table('| `` the file … is gone: look for "it" with `ls a\\|b` `` | lost | find it |'),
    );
    expect(renewed(page, said('the file … is gone: look for "it" with `ls a|b`')).page).toBe(page);
  });

  test("keeps a sentence with its values filled in", () => {
    const page = table("| `the plan is older than its time: make it again` | – | – |");
    const { lacking, stale } = renewed(page, said("the plan …: make it again"));
    expect({ lacking, stale }).toEqual({ lacking: [], stale: [] });
  });

  test("gets a new sentence at its end, to be explained, once", () => {
    const fresh = said("the file … is gone: look for it", "the lake has run dry, wait for rain");
    const page = table("| `the file … is gone: …` | lost | find it |");
    const once = renewed(page, fresh);
    expect(once.lacking).toEqual(["the lake has run dry, wait for rain"]);
    expect(once.page).toContain(`${UNEXPLAINED}\n\n| message |`);
    expect(once.page).toMatch(/\n\| `the lake has run dry, wait for rain` \| {2}\| {2}\|\n$/);
    expect(renewed(once.page, fresh)).toEqual({ page: once.page, lacking: [], stale: [] });
  });

  test("has a sentence that no source says told, and left to whoever wrote it", () => {
    const page = table("| `the lake has run dry, wait for rain` | dry | wait |");
    expect(renewed(page, said("the file … is gone: look for it")).stale).toEqual([
      "the lake has run dry, wait for rain",
    ]);
  });
});
