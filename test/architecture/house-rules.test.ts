import { expect, test } from "vitest";
import { houseBreachesOf, LINES_MAX } from "./house-rules.ts";
import { filesUnder, PRODUCT_FOLDERS } from "./source-files.ts";

const files = filesUnder([...PRODUCT_FOLDERS, "test", "bench"]).filter(
  // These two hold the words they forbid.
  (file) => !file.path.startsWith("test/architecture/house-rules."),
);

test("no file is unfinished, silences a tool, picks tests, is too long or is named after a bag", () => {
  expect(files.length).toBeGreaterThan(20);
  expect(files.flatMap(houseBreachesOf)).toEqual([]);
});

test.each([
  ["unfinished work", "lib/a.ts", "// TODO: later"],
  ["a lint silencer", "lib/a.ts", "// oxlint-disable-next-line no-explicit-any"],
  ["a type silencer", "lib/a.ts", "// @ts-ignore"],
  ["a skipped test", "test/a.test.ts", 'test.skip("x", () => {});'],
  ["a lone test", "test/a.test.ts", 'test.only("x", () => {});'],
  ["a long file", "lib/a.ts", "\n".repeat(LINES_MAX + 1)],
  ["a bag of things", "lib/engine/utils.ts", ""],
  ["a barrel", "lib/engine/index.ts", ""],
  ["a bag by its ending", "lib/engine/string-helpers.ts", ""],
])("fails on %s", (_, path, text) => {
  expect(houseBreachesOf({ path, text })).toHaveLength(1);
});

test("a file of the longest allowed length, with a plain name, breaks nothing", () => {
  expect(houseBreachesOf({ path: "lib/engine/seal.ts", text: "\n".repeat(LINES_MAX) })).toEqual([]);
});
