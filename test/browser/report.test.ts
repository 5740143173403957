// @module-tag slow
import axe from "axe-core";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { PAGE_ROWS } from "../../src/report/html/client.ts";
import { findChromium } from "../kit/needs.ts";
import * as build from "../report/builders.ts";
import { applyPage, driftPage, HOSTILE, hostilePage, planPage } from "../report/html/estate.ts";
import { inBrowser, open } from "./open.ts";

const rows = (page: Page) => page.locator(".actions tbody tr");
const told = (page: Page) => page.locator(".actions [role=status]");
const texts = (page: Page, selector: string) => page.locator(selector).allTextContents();

/** Waits until it is so, however busy the machine is. */
const soon = <T>(value: () => T, message = "in the end") =>
  expect.poll(value, { timeout: 30_000, message });

/** What axe-core finds, as "rule: element". Run from outside of the page: its policy lets no other script in. */
async function violations(page: Page): Promise<string[]> {
  const found = await page.evaluate(
    `${axe.source}; axe.run(document, { resultTypes: ["violations"] })`,
  );
  const { violations: all } = found as { violations: { id: string; nodes: { html: string }[] }[] };
  return all.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 200)}`));
}

test("the browser is the one that is named, else the system's", () => {
  expect(findChromium({ CURFEW_CHROMIUM: process.execPath })).toBe(process.execPath);
  expect(findChromium({ CURFEW_CHROMIUM: "/nowhere/chromium", PATH: process.env.PATH })).toBeNull();
});

inBrowser("the HTML report", () => {
  test.each([
    ["plan", planPage],
    ["drift", driftPage],
    ["apply", applyPage],
  ])("%s opens without an error, and nothing is asked of the network", async (_, page) => {
    const opened = await open(page());
    await soon(() => rows(opened.page).count()).toBe(PAGE_ROWS);
    expect(opened.troubles).toEqual([]);
  });

  test("a request or an error would be seen", async () => {
    const bad = '<img src="https://curfew.invalid/x.png"><script>throw new Error("seen")</script>';
    const { troubles } = await open(bad);
    expect(troubles).toEqual(
      expect.arrayContaining(["request: https://curfew.invalid/x.png", "error: seen"]),
    );
  });

  test("its policy lets no script but its own run, and no request out", async () => {
    const { page, troubles } = await open(planPage());
    await page.evaluate(() => {
      const script = document.createElement("script");
      script.textContent = "window.pwned = 1";
      document.body.append(script);
      const image = document.createElement("img");
      image.src = "https://curfew.invalid/x.png";
      document.body.append(image);
    });
    await expect
      .poll(() => troubles.filter((told) => told.includes("Content Security Policy")).length)
      .toBe(2);
    expect(await page.evaluate("window.pwned")).toBeUndefined();
    expect(troubles.filter((told) => told.startsWith("request"))).toEqual([]);
  });

  test("every chart is drawn at its full width, on a phone by its narrow picture", async () => {
    const { page } = await open(planPage());
    const shown = async (name: string) => {
      const boxes = [];
      for (const svg of await page.locator(`.picture.${name} svg`).all())
        boxes.push(await svg.boundingBox());
      return boxes.filter((box) => box !== null && box.width > 200 && box.height > 150).length;
    };
    expect([await shown("wide"), await shown("narrow")]).toEqual([4, 0]);
    // The bars have a colour of the page's.
    const fills = await page
      .locator(".picture.wide path[fill^='var(']")
      .evaluateAll((all) => [...new Set(all.map((path) => getComputedStyle(path).fill))]);
    expect(fills.length).toBeGreaterThanOrEqual(3);
    expect(fills.filter((fill) => !fill.startsWith("rgb"))).toEqual([]);
    await page.setViewportSize({ width: 360, height: 800 });
    expect([await shown("wide"), await shown("narrow")]).toEqual([0, 4]);
  });

  test("the script draws the rows as the file holds them without it", async () => {
    const html = planPage();
    const bodyOf = (page: Page) => page.locator(".actions tbody").innerHTML();
    const without = await open(html, { javaScriptEnabled: false });
    const script = await open(html);
    expect(await bodyOf(script.page)).toBe(await bodyOf(without.page));
    expect(await rows(without.page).count()).toBe(PAGE_ROWS);
    expect(await without.page.locator(".filters").isVisible()).toBe(false);
    expect(await told(without.page).textContent()).toContain(
      "The first 100 of 319 actions; search, filters and the others need JavaScript.",
    );
  });

  test("search finds by user, device, reason and place, and several words narrow it", async () => {
    const { page } = await open(planPage());
    const search = page.getByLabel("Search");
    for (const [words, n] of [
      ["JANE.doe@acme.example", 1],
      ["sony", 1],
      ["lost in durban", 1],
      ["production.yaml:27", 1],
      ["devices.allowed maxage", 1],
      ["jane left", 1],
      ["nobody at all", 0],
    ] as const) {
      await search.fill(words);
      await soon(() => rows(page).count(), words).toBe(n);
    }
    expect(await told(page).textContent()).toBe(
      "No action matches. Change the search or reset the filters.",
    );
    await page.getByRole("button", { name: "Reset" }).click();
    await soon(() => told(page).textContent()).toBe("1 to 100 of 319 actions");
  });

  test("filters: type, cause, rule and status, each with its count, and together", async () => {
    const { page } = await open(planPage());
    const choose = async (label: string, option: string, n: number) => {
      await page.getByLabel(label, { exact: true }).selectOption(option);
      await expect
        .poll(() => told(page).textContent())
        .toContain(`${n} action${n === 1 ? "" : "s"} (of 319)`);
    };
    const reset = async () => {
      await page.getByRole("button", { name: "Reset" }).click();
      await soon(() => told(page).textContent()).toBe("1 to 100 of 319 actions");
    };
    // A lock that wipes is both.
    await choose("Type", "wipe (2)", 2);
    expect(await texts(page, ".actions .kind span")).toEqual(["lock and wipe", "wipe"]);
    await reset();
    await choose("Cause", "drift (1)", 1);
    await reset();
    await choose("Rule", "devices.allowed (1)", 1);
    await reset();
    await choose("Status", "held, by whatever (302)", 302);
    await choose("Type", "lock (4)", 2);
    await page.getByLabel("Status", { exact: true }).selectOption("held by pace (300)");
    await soon(() => rows(page).count()).toBe(0);
  });

  test("a tile leads to its rows", async () => {
    const { page } = await open(planPage());
    await page.getByRole("link", { name: /^Drift/ }).click();
    await soon(() => texts(page, ".actions .cause")).toEqual(["drift"]);
    expect(await page.getByLabel("Cause", { exact: true }).inputValue()).toBe("drift");
  });

  test("by keyboard alone: to the search, through the pages, and into the numbers", async () => {
    const { page } = await open(planPage());
    const focused = () => page.evaluate(() => document.activeElement?.textContent ?? "");
    const until = async (wanted: () => Promise<boolean>) => {
      for (let i = 0; i < 400 && !(await wanted()); i++) await page.keyboard.press("Tab");
      expect(await wanted()).toBe(true);
    };
    await until(async () => (await focused()).startsWith("The numbers"));
    await page.keyboard.press("Enter");
    expect(await page.locator(".numbers[open] table").first().isVisible()).toBe(true);
    await until(() =>
      page.getByLabel("Search").evaluate((input) => input === document.activeElement),
    );
    await page.keyboard.type("maxage");
    await soon(() => told(page).textContent()).toContain("1 to 100 of 313");
    await until(async () => (await focused()) === "Next");
    for (let i = 0; i < 3; i++) await page.keyboard.press("Enter");
    expect(await page.locator(".pager span").textContent()).toBe("Page 4 of 4");
    // There is no next one: the keyboard's place is the button that still works.
    expect(await focused()).toBe("Previous");
  });

  test.each([
    ["light", 1280],
    ["dark", 1280],
    ["light", 360],
    ["dark", 360],
  ] as const)("axe-core finds nothing: %s, %i pixels", async (colorScheme, width) => {
    for (const html of [planPage(), driftPage(), applyPage()]) {
      const { page } = await open(html, { colorScheme, viewport: { width, height: 800 } });
      expect(await violations(page)).toEqual([]);
    }
  });

  test("axe-core would find something", async () => {
    const { page } = await open(
      '<html lang="en"><title>x</title><main><h1>x</h1><img src="data:,"></main>',
    );
    expect(await violations(page)).toContainEqual(expect.stringContaining("image-alt"));
  });

  test.each([320, 360, 768, 1280])("nothing is wider than %i pixels", async (width) => {
    for (const html of [planPage(), applyPage(), hostilePage()]) {
      const { page } = await open(html, { viewport: { width, height: 800 } });
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    }
  });

  test("dark is dark, and print is light whatever the screen", async () => {
    const { page } = await open(planPage(), { colorScheme: "dark" });
    const ink = () => page.evaluate(() => getComputedStyle(document.body).color);
    expect(await ink()).toBe("rgb(241, 243, 247)");
    await page.emulateMedia({ media: "print", colorScheme: "dark" });
    expect(await ink()).toBe("rgb(18, 22, 31)");
    for (const hidden of [".filters", ".pager", ".numbers"]) {
      expect(await page.locator(hidden).first().isVisible(), hidden).toBe(false);
    }
    expect(await page.locator(".picture.wide svg").first().isVisible()).toBe(true);
  });

  test("more rows are printed than a page of the screen shows, and no more than a thousand", async () => {
    const notices = Array.from({ length: 9 }, (_, i) => build.foreignLock(build.id(i)));
    const plan = build.plan({ actions: build.manySignOuts(1_500), notices });
    const { page } = await open(planPage(plan));
    const fire = (name: string) =>
      page.evaluate((event) => window.dispatchEvent(new Event(event)), name);
    const folded = () => page.locator(".notices details:not([open])").count();
    expect(await folded()).toBe(1);
    await fire("beforeprint");
    expect(await folded()).toBe(0);
    expect(await rows(page).count()).toBe(1_000);
    expect(await told(page).textContent()).toBe("1 to 1,000 of 1,500 actions");
    await fire("afterprint");
    expect(await rows(page).count()).toBe(PAGE_ROWS);
    expect(await folded()).toBe(1);
  });

  test("50,000 rows: the page holds one page of them at a time, and finds the last", async () => {
    const plan = build.plan({ actions: build.manySignOuts(50_000) });
    const { page, troubles } = await open(planPage(plan));
    const elements = () => page.evaluate(() => document.querySelectorAll("*").length);
    expect(await told(page).textContent()).toBe("1 to 100 of 50,000 actions");
    expect(await elements()).toBeLessThan(6_000);
    await page.getByLabel("Search").fill("Zebra 49999");
    await soon(() => rows(page).count()).toBe(1);
    expect(await page.locator("td.device > span").textContent()).toBe("Zebra 49999");
    await page.getByLabel("Search").fill("");
    await soon(() => rows(page).count()).toBe(PAGE_ROWS);
    await page.getByRole("button", { name: "Next" }).click();
    expect(await told(page).textContent()).toBe("101 to 200 of 50,000 actions");
    expect(await elements()).toBeLessThan(6_000);
    expect(troubles).toEqual([]);
  });

  test("hostile texts are texts: nothing runs, and each is shown", async () => {
    const { page, troubles } = await open(hostilePage());
    expect(await page.evaluate("window.pwned")).toBeUndefined();
    expect(troubles).toEqual([]);
    expect(await page.locator("img, iframe, object, base, [onerror]").count()).toBe(0);
    expect(await page.locator("script").count()).toBe(2);
    const links = await page
      .locator("a[href]")
      .evaluateAll((all) => all.map((link) => link.getAttribute("href") ?? ""));
    expect(links.filter((href) => !/^(#t0|https:\/\/git\.example\/)/.test(href))).toEqual([]);
    const labels = await texts(page, "td.device > span");
    for (const plain of HOSTILE.filter((text) => /^[ -~]+$/.test(text)))
      expect(labels).toContain(plain);
    expect(labels.join("")).toContain("\\u202egnp.exe\\x00\\x1b[31m");
    await page.getByLabel("Search").fill("<img src=x");
    await soon(() => rows(page).count()).toBe(1);
    expect(await page.evaluate("window.pwned")).toBeUndefined();
  });

  test("after an apply the failures come first, with what went wrong", async () => {
    const { page } = await open(applyPage());
    const [first, second, third, fourth] = await texts(page, ".actions .status");
    expect([first, second, third, fourth]).toEqual([
      "failed",
      "no outcome",
      "skipped",
      "applied, not confirmed",
    ]);
    expect(await texts(page, ".actions .note")).toEqual(["HTTP 500", "is not locked any more"]);
  });

  test("who wants no motion gets none", async () => {
    const scrolling = (page: Page) =>
      page.evaluate(() => getComputedStyle(document.documentElement).scrollBehavior);
    expect(await scrolling((await open(planPage(), { reducedMotion: "reduce" })).page)).toBe(
      "auto",
    );
    expect(await scrolling((await open(planPage(), { reducedMotion: "no-preference" })).page)).toBe(
      "smooth",
    );
  });
});
