import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, expect, test } from "vitest";
import cdk from "../../cdk.json" with { type: "json" };
import { exampleFile } from "./synthesis.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const directory = mkdtempSync(join(tmpdir(), "lastgood-app-"));
afterAll(() => rmSync(directory, { recursive: true }));

interface Run {
  readonly status: unknown;
  readonly stderr: string;
}

/** Runs the app as the CDK's command line does, without bundling. */
const runApp = (context: Record<string, unknown>): Promise<Run> => {
  const all = { ...cdk.context, "aws:cdk:bundling-stacks": [], ...context };
  const env = { ...process.env, CDK_OUTDIR: join(directory, "out"), CDK_CONTEXT_JSON: JSON.stringify(all) };
  return new Promise((done) => {
    execFile(process.execPath, [join(ROOT, "bin/app.ts")], { cwd: ROOT, env }, (error, _, stderr) =>
      done({ status: error === null ? 0 : error.code, stderr }),
    );
  });
};

test("the app makes the stack of the file that the context names", async () => {
  const path = join(directory, "own.json");
  writeFileSync(path, JSON.stringify(exampleFile({ stack: "lastgood-own" })));
  expect(await runApp({ lastgood: path })).toEqual({ status: 0, stderr: "" });
  const manifest = JSON.parse(readFileSync(join(directory, "out/manifest.json"), "utf8")) as { artifacts: object };
  expect(manifest.artifacts).toHaveProperty("lastgood-own.properties.terminationProtection", true);
  expect(manifest.artifacts).toHaveProperty("lastgood-own.environment", "aws://111122223333/eu-central-1");
});

test.each([
  [
    { lastgood: "absent.json" },
    /^error: absent\.json cannot be read: ENOENT[^\n]*\nhint: docs\/aws\/deploy\.md [^\n]+\n$/,
  ],
  [{ lastgood: undefined }, /^error: no stack file is named\nhint: run cdk with -c lastgood=<file>\.json\n$/],
])("fails with an error and a hint, and without a trace, on %o", async (context, told) => {
  const { status, stderr } = await runApp(context);
  expect(stderr).toMatch(told);
  expect(status).toBe(2);
});
