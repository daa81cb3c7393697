import { resolve } from "node:path";
import { defineConfig } from "vitest/config";
import { type SuiteName, suites } from "./suites.ts";

const PURE_TIMEOUT_MS = 20_000;
const SERVER_TIMEOUT_MS = 120_000;
const PROGRAM_TIMEOUT_MS = 300_000;

const files = suites();

const project = (name: SuiteName, timeoutMs: number) => ({
  extends: true as const,
  test: { name, include: [...files[name]], testTimeout: timeoutMs, hookTimeout: timeoutMs },
});

const servers = project("aws", PROGRAM_TIMEOUT_MS);
const aws = { ...servers, test: { ...servers.test, globalSetup: "test/aws/emulator-install.ts" } };

export default defineConfig({
  root: resolve(import.meta.dirname, ".."),
  test: {
    // Two servers at once are what two cores carry; more only makes each test slower.
    maxWorkers: 2,
    projects: [
      project("rooms", PURE_TIMEOUT_MS),
      project("pure", PURE_TIMEOUT_MS),
      // Needs nothing but time: the CDK and its checks take seconds to load.
      project("cdk", SERVER_TIMEOUT_MS),
      project("postgres", SERVER_TIMEOUT_MS),
      aws,
      project("browser", SERVER_TIMEOUT_MS),
      project("e2e", PROGRAM_TIMEOUT_MS),
      project("docs", PROGRAM_TIMEOUT_MS),
    ],
    // Measured on the pure suite alone. What acts on a database is left out: the postgres and e2e suites prove it.
    coverage: {
      provider: "v8",
      include: ["lib/model/**/*.ts", "lib/engine/**/*.ts"],
      exclude: [
        "lib/engine/{capture,plan-capture,copy-*,lane,find-gone,compare-plain}.ts",
        "lib/engine/diff/{capture-scratch,diff-points,table-set}.ts",
        "lib/engine/restore/**",
      ],
      reportsDirectory: "coverage",
      reporter: ["text-summary", "json-summary"],
      thresholds: { lines: 97, branches: 91, "lib/engine/values/**": { lines: 98, branches: 92 } },
    },
  },
});
