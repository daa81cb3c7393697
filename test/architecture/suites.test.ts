import { expect, test } from "vitest";
import { suites, testFiles } from "../suites.ts";

test("every test file runs in exactly one suite", () => {
  expect(Object.values(suites()).flat().toSorted()).toEqual(testFiles());
});

test("no suite is empty", () => {
  for (const [name, files] of Object.entries(suites())) expect(files.length, name).toBeGreaterThan(0);
});

test("a test that imports a server runs in the suite of servers, one that does not runs without", () => {
  expect(suites().postgres).toContain("test/local/postgres-server.test.ts");
  expect(suites().pure).toContain("test/bin/format.test.ts");
  expect(suites().aws).toContain("test/aws/emulator.test.ts");
  expect(suites().browser).toContain("test/report/page.test.ts");
  expect(suites().pure).toContain("test/report/html.test.ts");
});
