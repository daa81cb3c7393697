import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };

const ROOT = resolve(import.meta.dirname, "../..");
const LAUNCHER = join(ROOT, manifest.bin.lastgood);

const run = (command: string, args: readonly string[], env: Record<string, string> = {}) => {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: ROOT,
    encoding: "utf8",
    env: { ...process.env, ...env },
  });
  return { status, stdout, stderr };
};

// npx links the checkout into npm's cache at its first use: an empty cache and no network are the hardest case.
test("npx lastgood runs from the checkout, without a network", () => {
  const cache = mkdtempSync(join(tmpdir(), "lastgood-npm-"));
  try {
    const npm = { npm_config_cache: cache, npm_config_offline: "true" };
    expect(run("npx", ["lastgood", "--version"], npm)).toMatchObject({ status: 0, stdout: `${manifest.version}\n` });
  } finally {
    rmSync(cache, { recursive: true });
  }
});

test("the launcher is executable and finds its node by env", () => {
  accessSync(LAUNCHER, constants.X_OK);
  expect(readFileSync(LAUNCHER, "utf8").split("\n", 1)).toEqual(["#!/usr/bin/env node"]);
  expect(run(LAUNCHER, ["--version"])).toMatchObject({ status: 0, stdout: `${manifest.version}\n`, stderr: "" });
});

// The version is planted, so that the test needs no old node: what follows the check is the same file.
test("fails on a node before 24 with one clear message, not with a syntax error", () => {
  const plant = `data:text/javascript,Object.defineProperty(process.versions,"node",{value:"20.20.2"})`;
  const { status, stdout, stderr } = run(process.execPath, ["--import", plant, LAUNCHER, "--version"]);
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toMatch(/^lastgood: node 20\.20\.2 is too old, Lastgood needs node 24 or later\nhint: .*\n$/);
});

test("a wrong command line ends with status 2 and says where to look", () => {
  const { status, stdout, stderr } = run(process.execPath, [LAUNCHER, "caputre"]);
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toContain("error: unknown command 'caputre'");
});

/** Runs the launcher with one of its streams closed by its reader before the first byte. */
const runUnread = async (closed: "stdout" | "stderr", args: readonly string[]) => {
  const child = spawn(process.execPath, [LAUNCHER, ...args], { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  child[closed].destroy();
  const [rest] = await Promise.all([text(child[closed === "stdout" ? "stderr" : "stdout"]), once(child, "close")]);
  return { status: child.exitCode, rest };
};

test("a reader that closes standard output early gets status 3 (partial) and no stack", async () => {
  expect(await runUnread("stdout", ["completion", "fish"])).toEqual({ status: 3, rest: "" });
});

test("a command keeps its status when nobody reads standard error", async () => {
  expect(await runUnread("stderr", ["caputre"])).toEqual({ status: 2, rest: "" });
});
