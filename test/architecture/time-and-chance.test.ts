import { expect, test } from "vitest";
import { filesUnder, PRODUCT_FOLDERS } from "./source-files.ts";
import { timeAndChanceIn } from "./time-and-chance.ts";

const files = filesUnder(PRODUCT_FOLDERS);

test("only lib/local and lib/aws read a clock, wait, or draw random bytes", () => {
  expect(files.length).toBeGreaterThan(10);
  expect(files.flatMap(timeAndChanceIn)).toEqual([]);
});

test.each([
  "const at = Date.now();",
  "const at = new Date();",
  "const at = Date();",
  "const luck = Math.random();",
  "const t = performance.now();",
  "const t = process.hrtime.bigint();",
  "setTimeout(() => {}, 10);",
  "setInterval(tick, 10);",
  `import { randomBytes } from "node:crypto"; const key = randomBytes(32);`,
  `import * as crypto from "node:crypto"; const id = crypto.randomUUID();`,
  `import { setTimeout as sleep } from "node:timers/promises";`,
])("fails on %s in the engine", (text) => {
  expect(timeAndChanceIn({ path: "lib/engine/planted.ts", text })).toHaveLength(1);
});

test.each([
  "const at = new Date(point.takenAt).toISOString();",
  "const now = clock.now();",
  "const t = Date.UTC(2026, 0, 1);",
])("%s may stand in the engine", (text) => {
  expect(timeAndChanceIn({ path: "lib/engine/fine.ts", text })).toEqual([]);
});

test("lib/local may read the clock, because it makes the Clock", () => {
  expect(timeAndChanceIn({ path: "lib/local/clock.ts", text: "export const now = () => Date.now();" })).toEqual([]);
});
