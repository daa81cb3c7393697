import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { styleText } from "node:util";
import { emulatorProblem } from "./aws/emulator-install.ts";
import { browserProblem } from "./report/chromium.ts";
import { judge, type SuiteReport } from "./suite-report.ts";

/**
 * `npm test`: every check and every suite in order of speed, one line each, the output of those that fail, and a last
 * line `N passed, N failed`. Exits with 0 only if that line ends in `0 failed`. `npm test -- lint pure` runs some.
 */
const ROOT = resolve(import.meta.dirname, "..");
const STEP_MS_MAX = 12 * 60_000;
const OUTPUT_CHARS_MAX = 40_000;

const CI = process.env["CI"] === "true";
const LINTED = ["bin", "lib", "lambdas", "test", "bench"].filter((folder) => existsSync(join(ROOT, folder)));

type Step = { readonly name: string } & (
  | { readonly command: readonly string[] }
  | {
      readonly suite: readonly string[];
      /** Why the suite cannot run on this machine and what to do about it. */
      readonly problem?: () => Promise<string | undefined>;
    }
);

const STEPS: readonly Step[] = [
  { name: "format", command: ["biome", "check", "."] },
  // Paths are written out: without them oxlint has walked node_modules.
  {
    name: "lint",
    command: ["oxlint", "--type-aware", "--format=unix", "-c", ".oxlintrc.json", ...LINTED],
  },
  { name: "types", command: ["tsc"] },
  { name: "dead-code", command: ["knip"] },
  { name: "rooms", suite: [] },
  { name: "pure", suite: ["--coverage"] },
  { name: "cdk", suite: [] },
  { name: "postgres", suite: [] },
  { name: "aws", suite: [], problem: emulatorProblem },
  { name: "browser", suite: [], problem: browserProblem },
  { name: "e2e", suite: [] },
  { name: "docs", suite: [] },
];

interface Outcome {
  readonly status: number;
  readonly output: string;
}

const run = (command: readonly string[]): Promise<Outcome> =>
  new Promise((done, fail) => {
    const [program = "", ...args] = command;
    const child = spawn(program, args, {
      cwd: ROOT,
      env: environment(),
      stdio: ["ignore", "pipe", "pipe"],
      timeout: STEP_MS_MAX,
    });
    let output = "";
    const keep = (text: Buffer): void => {
      output = (output + text.toString()).slice(-OUTPUT_CHARS_MAX);
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.on("error", fail);
    child.on("close", (status, signal) => {
      if (signal !== null) output += `\nended by ${signal}; a step may take ${STEP_MS_MAX / 60_000} minutes\n`;
      done({ status: status ?? 1, output });
    });
  });

/** The machine's own PostgreSQL and Lastgood settings must not decide what a test sees. */
const environment = (): NodeJS.ProcessEnv => {
  const kept = Object.entries(process.env).filter(([name]) => !/^(PG|LASTGOOD_)/.test(name));
  const path = [join(ROOT, "node_modules", ".bin"), process.env["PATH"] ?? ""].join(delimiter);
  return { ...Object.fromEntries(kept), PATH: path, NO_COLOR: "1" };
};

interface Result {
  readonly passed: number;
  readonly failed: number;
  readonly notes: readonly string[];
  /** What tests print as `note: ...`: said also when all is well. */
  readonly said?: readonly string[];
  readonly output: string;
}

const check = async (command: readonly string[]): Promise<Result> => {
  const { status, output } = await run(command);
  return {
    passed: 0,
    failed: status === 0 ? 0 : 1,
    notes: status === 0 ? [] : [`ended with status ${status}`],
    output,
  };
};

const suite = async (name: string, options: readonly string[], scratch: string): Promise<Result> => {
  const file = join(scratch, `${name}.json`);
  const reporters = ["--reporter=dot", "--reporter=json", `--outputFile.json=${file}`];
  const config = ["--config", "test/vitest.config.ts", "--project", name, "--passWithNoTests=false"];
  const { status, output } = await run(["vitest", "run", ...config, ...reporters, ...options]);
  const report = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as SuiteReport) : undefined;
  const { passed, failed, problems, skipped } = judge(report, { status, ci: CI, output });
  const left = failed === 0 && skipped.length > 0 ? [`left out ${skipped.length}: ${skipped.join("; ")}`] : [];
  const said = [...output.matchAll(/^note: (.+)$/gm)].map(([, text = ""]) => text);
  return { passed, failed, notes: [`${passed} passed`, ...problems, ...left], said, output };
};

const main = async (wanted: readonly string[]): Promise<number> => {
  const unknown = wanted.filter((name) => !STEPS.some((step) => step.name === name));
  if (unknown.length > 0) {
    process.stderr.write(
      `no such step: ${unknown.join(", ")}; there are ${STEPS.map((step) => step.name).join(", ")}\n`,
    );
    return 2;
  }
  const scratch = mkdtempSync(join(tmpdir(), "lastgood-test-"));
  let passed = 0;
  let failed = 0;
  for (const step of STEPS.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
    const startedMs = performance.now();
    const problem = "problem" in step ? await step.problem?.() : undefined;
    if (problem !== undefined) {
      // A user may lack a tool of ours; the machine that guards the main branch may not.
      const verdict = CI ? styleText("red", "FAILED") : styleText("yellow", "left  ");
      process.stdout.write(`${verdict} ${step.name.padEnd(10)} ${" ".repeat(8)}  did not run: ${problem}\n`);
      failed += CI ? 1 : 0;
      continue;
    }
    const result = "command" in step ? await check(step.command) : await suite(step.name, step.suite, scratch);
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
    const verdict = result.failed === 0 ? styleText("green", "ok    ") : styleText("red", "FAILED");
    process.stdout.write(`${verdict} ${step.name.padEnd(10)} ${seconds.padStart(6)} s  ${result.notes.join(", ")}\n`);
    for (const text of result.said ?? []) process.stdout.write(`       ${text}\n`);
    if (result.failed > 0) process.stdout.write(`${result.output.trimEnd()}\n\n`);
    passed += result.passed;
    failed += result.failed;
  }
  rmSync(scratch, { recursive: true });
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  return failed === 0 ? 0 : 1;
};

process.exitCode = await main(process.argv.slice(2));
