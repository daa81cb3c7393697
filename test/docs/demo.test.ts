import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { documentedFields, pathsOf } from "./json-page.ts";

const run = promisify(execFile);

test("the demo of the README runs, brings its point back equal, and prints what docs/json.md says", async () => {
  const [node = "", ...args] = manifest.scripts.demo.split(" ");
  expect(node).toBe("node");
  const cwd = resolve(import.meta.dirname, "../..");
  const { stdout } = await run(process.execPath, [...args, "--json"], { cwd });
  const lines = stdout.trimEnd().split("\n");
  const { schema, ...facts } = JSON.parse(lines.at(-1) ?? "") as { schema: string; restore: { equal: boolean } };
  expect(schema).toBe("lastgood.demo/1");
  expect(facts.restore.equal).toBe(true);
  expect(pathsOf(facts).toSorted()).toEqual(documentedFields().get(schema)?.toSorted());
});
