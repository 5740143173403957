/** Pages of the HTML report in a real Chromium: opened from a file, with everything watched that must not happen. */
import { accessSync, constants } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, onTestFinished } from "vitest";

/** The browser: CURFEW_CHROMIUM, or the one of the system; null where there is none. */
export function findChromium(env: Readonly<Record<string, string | undefined>>): string | null {
  const onPath = (env.PATH ?? "")
    .split(path.delimiter)
    .map((folder) => path.join(folder, "chromium"));
  const places = env.CURFEW_CHROMIUM
    ? [env.CURFEW_CHROMIUM]
    : ["/usr/bin/chromium", ...onPath, ...onPath.map((file) => `${file}-browser`)];
  return places.find(isProgram) ?? null;
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const CHROMIUM = findChromium(process.env);
const HOW = "needs Chromium: apt-get install chromium, or name one in CURFEW_CHROMIUM";

let browser: Browser | null = null;

/** Tests in a browser. Without one they are skipped, and fail where CI is set: there it has to be. */
export function inBrowser(name: string, tests: () => void): void {
  const missing = CHROMIUM === null;
  describe.skipIf(missing && !process.env.CI)(missing ? `${name} (${HOW})` : name, () => {
    beforeAll(async () => {
      if (CHROMIUM === null) throw new Error(HOW);
      // Without a sandbox of its own, since a container's root has none to give; it opens nothing but our files.
      browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
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
