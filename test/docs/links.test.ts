import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { blocksOf, fits, stepsOf } from "./page.ts";
import { allPages, guidePages, linkCalled, linkedPaths } from "./pages.ts";

const ROOT = resolve(import.meta.dirname, "../..");

test("every link that stays in the checkout leads to a file", () => {
  const pages = allPages();
  expect(pages.flatMap(linkedPaths).length).toBeGreaterThan(0);
  for (const page of pages)
    for (const path of linkedPaths(page)) expect(existsSync(resolve(ROOT, path)), `${page.path}: ${path}`).toBe(true);
});

test("the guide's Next links reach every page of it, and Previous goes back", () => {
  const guide = guidePages();
  const there = allPages().filter((page) => page.path.startsWith("docs/guide/"));
  expect(guide.map((page) => page.path).toSorted()).toEqual(there.map((page) => page.path).toSorted());
  for (const [i, page] of guide.entries()) expect(linkCalled("Previous", page)).toBe(guide[i - 1]?.path);
});

test("a console block is commands and what each prints", () => {
  const [block] = blocksOf("text\n```console\n$ a \\\n  b\none\n\n$ c\n```\n");
  expect(block).toBeDefined();
  if (block !== undefined)
    expect(stepsOf(block)).toEqual([
      { command: "a \\\n  b", expected: ["one", ""], line: 3 },
      { command: "c", expected: [], line: 7 },
    ]);
});

test("fails when a fence is left open or output comes before a command", () => {
  expect(() => blocksOf("```console\n$ a")).toThrow(/line 1 is never closed/);
  expect(() => stepsOf({ language: "console", text: "out\n$ a", line: 1 })).toThrow(/without a command/);
});

test.each([
  { expected: ["took <time>"], actual: ["took 1.2 s", ""], fit: true },
  { expected: ["took <time>"], actual: ["took "], fit: false },
  { expected: ["a  b"], actual: ["a       b"], fit: true },
  { expected: ["a b"], actual: ["a  b"], fit: false },
  { expected: ["…", "end"], actual: ["1", "2", "end"], fit: true },
  { expected: ["…", "end"], actual: ["1", "2"], fit: false },
  { expected: ["3.5 (x)"], actual: ["345 (x)"], fit: false },
  { expected: [], actual: ["more"], fit: false },
  { expected: ["id <id>: …"], actual: ["id 7: whatever"], fit: true },
])("output $actual against $expected: $fit", ({ expected, actual, fit }) => {
  expect(fits(expected, actual)).toBe(fit);
});
