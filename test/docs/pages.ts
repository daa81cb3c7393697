import { globSync, readFileSync } from "node:fs";
import { posix, resolve } from "node:path";
import { linksOf } from "./page.ts";

const ROOT = resolve(import.meta.dirname, "../..");

export interface Page {
  /** From the root, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

export const readPage = (path: string): Page => ({ path, text: readFileSync(resolve(ROOT, path), "utf8") });

/** Every page there is. */
export const allPages = (): readonly Page[] =>
  ["README.md", ...globSync("docs/**/*.md", { cwd: ROOT })].map((path) => readPage(path.replaceAll("\\", "/")));

const GUIDE_START = "docs/guide/first-capture.md";
const PAGES_MAX = 100;

/** The guide in reading order: from its first page along the links called Next. */
export const guidePages = (): readonly Page[] => {
  const pages: Page[] = [];
  for (
    let path: string | undefined = GUIDE_START;
    path !== undefined;
    path = linkCalled("Next", pages.at(-1) as Page)
  ) {
    if (pages.length === PAGES_MAX) throw new Error("the Next links of the guide go in a circle");
    pages.push(readPage(path));
  }
  return pages;
};

/** Path of the page that the link `Next: ...` or `Previous: ...` leads to. */
export const linkCalled = (name: "Next" | "Previous", page: Page): string | undefined => {
  const target = new RegExp(`${name}: \\[[^\\]]+\\]\\(([^)]+)\\)`).exec(page.text)?.[1];
  return target === undefined ? undefined : posix.join(posix.dirname(page.path), target);
};

/** Paths that a page's links lead to, from the root. */
export const linkedPaths = (page: Page): readonly string[] =>
  linksOf(page.text).map((target) => posix.join(posix.dirname(page.path), target));
