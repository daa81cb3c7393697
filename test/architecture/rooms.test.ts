import { globSync } from "node:fs";
import { expect, test } from "vitest";
import { importsOf } from "./imports.ts";
import { breachesOf } from "./rooms.ts";
import { filesUnder, PRODUCT_FOLDERS, ROOT } from "./source-files.ts";

const files = filesUnder(PRODUCT_FOLDERS);

test("every room imports only what its row of the table allows", () => {
  expect(files.flatMap(breachesOf)).toEqual([]);
});

test("every TypeScript file under lib, lambdas and bin was read", () => {
  const listed = globSync("{lib,lambdas,bin}/**/*.{ts,mts,cts,tsx}", { cwd: ROOT });
  expect(files.map((file) => file.path)).toEqual(listed.toSorted());
  expect(files.length).toBeGreaterThan(10);
});

test("no import that a plain text search can see was missed by the parser", () => {
  let seen = 0;
  for (const file of files) {
    const read = importsOf(file).map((fact) => fact.specifier);
    for (const [, specifier] of file.text.matchAll(/^(?:import|export|\}).* from "([^"]+)";$/gm)) {
      expect(read, file.path).toContain(specifier);
      seen++;
    }
  }
  expect(seen).toBeGreaterThan(10);
});

test.each([
  ["a static import", "lib/engine/cut.ts", `import { pool } from "../postgres/pool.ts";`],
  ["a type import", "lib/policy/keep.ts", `import type { Layer } from "../engine/layer.ts";`],
  ["an import type", "lib/model/point.ts", `let store: import("../ports/object-store.ts").ObjectStore;`],
  ["an export from", "lib/ports/store.ts", `export { open } from "../local/directory-store.ts";`],
  ["an export of everything", "lib/model/all.ts", `export * from "../ports/clock.ts";`],
  ["a dynamic import", "lib/operations/capture.ts", `const local = await import("../local/memory-store.ts");`],
  ["an import with require", "lib/report/page.ts", `import fs = require("node:fs");`],
  ["a call of require", "lib/policy/now.ts", `const { now } = require("../local/clock.ts");`],
  ["a computed import", "lib/operations/load.ts", `await import("../local/" + kind);`],
  ["a module by its address", "lib/wiring/lanes.ts", `new Worker(new URL("../../bin/worker.ts", import.meta.url));`],
  ["a module by its name", "lib/policy/load.ts", `import.meta.resolve("../engine/seal.ts");`],
  ["a side effect", "lib/engine/start.ts", `import "node:fs";`],
  ["an adapter in an adapter", "lib/aws/s3.ts", `import { retry } from "../local/retry.ts";`],
  ["the engine in a command", "bin/commands/capture.ts", `import { seal } from "../../lib/engine/seal.ts";`],
  ["a port in a command", "bin/worker.ts", `import type { Clock } from "../lib/ports/clock.ts";`],
  ["a command in an operation", "lib/operations/demo.ts", `import { print } from "../../bin/output.ts";`],
  ["an operation in the CDK app", "bin/app.ts", `import { capture } from "../lib/operations/capture.ts";`],
  ["a package in the engine", "lib/engine/copy.ts", `import { Client } from "pg";`],
  ["a file in no room", "lib/tools/copy.ts", ""],
])("fails on %s that breaks the table", (_, path, text) => {
  expect(breachesOf({ path, text })).toHaveLength(1);
});

test.each([
  [
    "lib/engine/seal.ts",
    `import { createCipheriv } from "node:crypto"; import type { KeyColumn } from "../model/table.ts";`,
  ],
  [
    "lib/engine/page/read.ts",
    `import { seal } from "../seal.ts"; import type { ObjectStore } from "../../ports/object-store.ts";`,
  ],
  ["lib/operations/verify.ts", `import { open } from "../engine/seal.ts"; import { keep } from "../policy/keep.ts";`],
  [
    "lib/wiring/local.ts",
    `import { x } from "../postgres/source.ts"; import { y } from "../local/directory-store.ts";`,
  ],
  [
    "bin/commands/point-list.ts",
    `import { list } from "../../lib/operations/point.ts"; import { Command } from "commander";`,
  ],
  ["bin/program.ts", `import manifest from "../package.json" with { type: "json" };`],
  ["lib/policy/keep.ts", `import assert from "node:assert/strict";`],
])("%s may import what its row allows", (path, text) => {
  expect(breachesOf({ path, text })).toEqual([]);
});

test("a breach names file, line, rule and reason", () => {
  expect(breachesOf({ path: "lib/model/key.ts", text: `\nimport { parse } from "../ports/clock.ts";` })).toEqual([
    "lib/model/key.ts:2 imports ../ports/clock.ts, but lib/model may import no other room: " +
      "words are what all others share; a word that imports drags a room into everything",
  ]);
});
