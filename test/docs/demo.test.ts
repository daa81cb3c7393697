import { execFile } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { documentedFields, pathsOf } from "./json-page.ts";

interface Told {
  readonly schema: string;
  readonly restore: { readonly equal: boolean };
  readonly retention: unknown;
  readonly report: string;
}

const run = promisify(execFile);

test("the demo of the README runs, brings its point back equal, lets every class go in time, writes its report, and prints what docs/json.md says", async () => {
  const [node = "", ...args] = manifest.scripts.demo.split(" ");
  expect(node).toBe("node");
  const cwd = resolve(import.meta.dirname, "../..");
  const { stdout } = await run(process.execPath, [...args, "--json"], { cwd });
  const lines = stdout.trimEnd().split("\n");
  const { schema, ...facts } = JSON.parse(lines.at(-1) ?? "") as Told;
  expect(schema).toBe("lastgood.demo/1");
  expect(facts.restore.equal).toBe(true);
  // Two points, each of two classes.
  expect(facts.retention).toEqual({ goneMidway: 2, goneAtEnd: 2 });
  const page = await readFile(facts.report, "utf8");
  expect(page).toContain("Demo Shop");
  await rm(dirname(facts.report), { recursive: true });
  expect(pathsOf(facts).toSorted()).toEqual(documentedFields().get(schema)?.toSorted());
});
