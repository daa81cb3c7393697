import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { bundle, VERBS } from "../../lib/cdk/bundle.ts";
import { DURABLE_CALLS } from "../../lib/cdk/bundle-file.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const BUNDLE_BYTES_MAX = 700_000;
const directory = mkdtempSync(join(tmpdir(), "lastgood-bundle-"));
afterAll(() => rmSync(directory, { recursive: true }));

test.each(VERBS)("the bundle of %s stays under 700 kB, loads on its own and exports its handler", async (verb) => {
  const folder = join(directory, verb);
  bundle(verb, folder);
  const file = join(folder, "index.mjs");
  expect(statSync(file).size).toBeLessThan(BUNDLE_BYTES_MAX);
  const program = `const { handler } = await import(${JSON.stringify(file)}); process.stdout.write(typeof handler);`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program]);
  expect(stdout).toBe("function");
});

test("the durable SDK takes no more of Lambda's client than bundles keep for it", () => {
  const sdk = readFileSync(join(ROOT, "node_modules/@aws/durable-execution-sdk-js/dist/index.mjs"), "utf8");
  const taken = new Set([...sdk.matchAll(/\bmodule\.([A-Z]\w+)/g)].map(([, name = ""]) => name));
  expect([...taken].toSorted()).toEqual(DURABLE_CALLS.toSorted());
});
