import { resolve } from "node:path";
import { defineConfig } from "vitest/config";
import { type SuiteName, suites } from "./suites.ts";

const PURE_TIMEOUT_MS = 20_000;
const SERVER_TIMEOUT_MS = 120_000;
const PROGRAM_TIMEOUT_MS = 300_000;

const files = suites();

const project = (name: SuiteName, timeoutMs: number, fileParallelism: boolean) => ({
  extends: true as const,
  test: { name, include: [...files[name]], testTimeout: timeoutMs, hookTimeout: timeoutMs, fileParallelism },
});

export default defineConfig({
  root: resolve(import.meta.dirname, ".."),
  test: {
    // Two servers at once are what two cores carry; more only makes each test slower.
    maxWorkers: 2,
    projects: [
      project("rooms", PURE_TIMEOUT_MS, true),
      project("pure", PURE_TIMEOUT_MS, true),
      project("postgres", SERVER_TIMEOUT_MS, true),
      project("e2e", PROGRAM_TIMEOUT_MS, false),
      project("docs", PROGRAM_TIMEOUT_MS, false),
    ],
    // Measured on the pure suite alone: what these rooms do must be provable without a server.
    coverage: {
      provider: "v8",
      include: ["lib/model/**/*.ts", "lib/engine/**/*.ts"],
      reportsDirectory: "coverage",
      reporter: ["text-summary", "json-summary"],
      thresholds: { lines: 80, branches: 70, "lib/engine/values/**": { lines: 98, branches: 92 } },
    },
  },
});
