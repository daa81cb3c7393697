import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import puppeteer, { type Browser, type Page } from "puppeteer-core";
import { afterAll, beforeAll } from "vitest";
import { browserProblem, findChromium } from "./chromium.ts";

const START_MS_MAX = 120_000;
const VIEW_HEIGHT = 900;

export interface View {
  readonly width: number;
  readonly scheme: "light" | "dark";
}

export interface Opened {
  readonly page: Page;
  /** Addresses of everything that was asked for, the page's own first. */
  readonly requests: readonly string[];
}

/** A browser for one test file, that opens pages from a directory of its own. Call it outside of tests. */
export const testBrowser = (): ((name: string, html: string, view: View) => Promise<Opened>) => {
  const directory = mkdtempSync(join(tmpdir(), "lastgood-browser-"));
  let browser: Browser | undefined;
  beforeAll(async () => {
    const problem = await browserProblem();
    if (problem !== undefined) throw new Error(problem);
    // Chromium's sandbox cannot be made by root, and a container's root is whom CI runs as.
    const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
    browser = await puppeteer.launch({
      executablePath: findChromium() ?? "",
      args: [...args, "--disable-dev-shm-usage"],
      pipe: true,
      timeout: START_MS_MAX,
      protocolTimeout: START_MS_MAX,
    });
  }, START_MS_MAX);
  afterAll(async () => {
    await browser?.close();
    rmSync(directory, { recursive: true });
  });
  return async (name, html, { width, scheme }) => {
    if (browser === undefined) throw new TypeError("the browser starts before the first test, not before that");
    const file = join(directory, `${name}.html`);
    writeFileSync(file, html);
    const page = await browser.newPage();
    const requests: string[] = [];
    page.on("request", (request) => void requests.push(request.url()));
    await page.setViewport({ width, height: VIEW_HEIGHT });
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    await page.goto(pathToFileURL(file).href, { waitUntil: "load" });
    return { page, requests };
  };
};
