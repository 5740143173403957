/** Pages of the HTML report in a real Chromium: opened from a file, with everything watched that must not happen. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, onTestFinished } from "vitest";
import { findChromium, isSkipped, NEEDS } from "../kit/needs.ts";

let browser: Browser | null = null;

/** A `describe` of tests in a browser. All of them are slow. */
export function inBrowser(name: string, tests: () => void): void {
  const skipped = isSkipped(NEEDS.browser);
  const title = skipped ? `${name} (${NEEDS.browser.remedy})` : name;
  describe.skipIf(skipped)(title, { tags: "slow" }, () => {
    beforeAll(async () => {
      const executablePath = findChromium(process.env);
      if (executablePath === null) throw new Error(`This test ${NEEDS.browser.remedy}.`);
      // Without a sandbox of its own, since a container's root has none to give; it opens nothing but our files.
      browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
    });
    afterAll(() => browser?.close());
    tests();
  });
}

export interface Opened {
  page: Page;
  /** What the page asked for besides itself, printed to the console, or threw. */
  troubles: string[];
}

/** Opens a page of this HTML, closed after the test. */
export async function open(html: string, options: BrowserContextOptions = {}): Promise<Opened> {
  if (!browser) throw new Error("open is for tests of inBrowser");
  const folder = await mkdtemp(path.join(tmpdir(), "curfew-page-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = path.join(folder, "report.html");
  await writeFile(file, html);
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const url = pathToFileURL(file).href;
  const troubles: string[] = [];
  await page.route("**", (route) => {
    const asked = route.request().url();
    if (asked === url) return route.continue();
    troubles.push(`request: ${asked}`);
    return route.abort();
  });
  page.on("console", (message) => troubles.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => troubles.push(`error: ${error.message}`));
  await page.goto(url);
  return { page, troubles };
}
