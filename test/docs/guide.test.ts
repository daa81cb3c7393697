import { readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { query, testServer } from "../postgres.ts";
import { type Block, blocksOf, fits, stepsOf } from "./page.ts";
import { allPages, guidePages, type Page, readPage } from "./pages.ts";
import { openShell, type Shell } from "./shell.ts";

/** Blocks that are shown and not run, by their exact text, each with its reason. */
const NOT_RUN: ReadonlyMap<string, string> = new Map([
  [
    "git clone … lastgood && cd lastgood\nnpm ci && npm run demo",
    "the checkout is here and installed; demo.test.ts runs the demo",
  ],
  ["npm ci && npm test", "this is npm test"],
]);

/** Languages of blocks that hold no command. */
const SHOWN = new Set(["", "json", "text"]);

const server = testServer(18);

/** Commands as the page shows them, with the address of the server that is really there. */
const onServer = (command: string, port: number): string =>
  command
    .replaceAll("postgres://user@host/db", "postgres://app@localhost/shop")
    .replaceAll("@localhost/", `@127.0.0.1:${port}/`)
    // From another directory npx would not find the checkout; test/e2e/launcher.test.ts runs it there.
    .replaceAll("npx lastgood ", "lastgood ");

/** The name of the file that a block shows: its language is `yaml <name>`. */
const fileOf = ({ language }: Block): string | undefined => /^yaml (\S+)$/.exec(language)?.[1];

const isRun = (block: Block): boolean =>
  fileOf(block) !== undefined || (block.language === "console" && !NOT_RUN.has(block.text)) || block.language === "sql";

interface Mismatch {
  readonly step: string;
  readonly expected: string;
  readonly got: string;
}

/** Runs a block. @returns what was not as the page shows it */
const runBlock = async (shell: Shell, block: Block): Promise<readonly Mismatch[]> => {
  const { port } = await server();
  if (block.language === "sql") {
    await query(`postgres://app@127.0.0.1:${port}/shop`, block.text);
    return [];
  }
  const file = fileOf(block);
  if (file !== undefined) {
    writeFileSync(join(shell.directory, file), block.text);
    return [];
  }
  const wrong: Mismatch[] = [];
  const steps = stepsOf(block);
  for (const [i, { command, expected, line }] of steps.entries()) {
    const { status, lines } = await shell.run(onServer(command, port));
    const step = `line ${line}: ${command}`;
    if (!fits(expected, lines)) wrong.push({ step, expected: expected.join("\n"), got: lines.join("\n") });
    const shown = command === "echo $?" || steps[i + 1]?.command === "echo $?";
    if (status !== 0 && !shown) wrong.push({ step, expected: "status 0", got: `status ${status}` });
  }
  return wrong;
};

const isClosed = (block: Block): boolean => isRun(block) || NOT_RUN.has(block.text) || SHOWN.has(block.language);

const makeShop = async (): Promise<void> => {
  const admin = (await server()).url("postgres");
  const roles = await query(admin, "SELECT FROM pg_roles WHERE rolname = 'app'");
  if (roles.length === 0) await query(admin, "CREATE ROLE app LOGIN CREATEDB CREATEROLE");
  await query(admin, "DROP DATABASE IF EXISTS shop");
  await query(admin, "CREATE DATABASE shop OWNER app");
};

/** The shop as the first page of the guide makes it. */
const fillShop = async (): Promise<void> => {
  await makeShop();
  const [sql] = blocksOf((guidePages()[0] as Page).text).filter((block) => block.language === "sql");
  const { port } = await server();
  await query(`postgres://app@127.0.0.1:${port}/shop`, (sql as Block).text);
};

const stories = [
  { story: "the README", pages: [readPage("README.md")], prepare: fillShop },
  { story: "the guide", pages: guidePages(), prepare: makeShop },
];

describe.each(stories)("$story", ({ pages, prepare }) => {
  let shell: Shell;
  beforeAll(async () => {
    await prepare();
    shell = openShell();
  });
  afterAll(() => shell[Symbol.asyncDispose]());

  // In order: each page goes on where the one before ended.
  test.each(pages)("$path does what it shows", async ({ text }) => {
    const blocks = blocksOf(text).filter(isRun);
    expect(blocks.length).toBeGreaterThan(0);
    // All of it, so that one run shows an author everything that is no longer true.
    const wrong: Mismatch[] = [];
    for (const block of blocks) wrong.push(...(await runBlock(shell, block)));
    expect(wrong).toEqual([]);
  });
});

test("every block of every page is run, or listed with a reason, or holds no command", () => {
  const ran = new Set([...guidePages(), readPage("README.md")].map((page) => page.path));
  for (const page of allPages())
    for (const block of blocksOf(page.text)) {
      const where = `${page.path}:${block.line} (${block.language})`;
      expect(isClosed(block), where).toBe(true);
      if (isRun(block)) expect(ran.has(page.path), `${where} is on a page that is not run`).toBe(true);
    }
});

test("every block that is not run is still shown somewhere", () => {
  const texts = new Set(allPages().flatMap((page) => blocksOf(page.text).map((block) => block.text)));
  for (const text of NOT_RUN.keys()) expect(texts.has(text), text).toBe(true);
});

test("every command of the program is run by a page", () => {
  const typed = stories
    .flatMap(({ pages }) => pages)
    .flatMap((page) => blocksOf(page.text).filter((block) => block.language === "console" && isRun(block)))
    .flatMap((block) => stepsOf(block).map((step) => step.command));
  // The demo is a command of the README: see NOT_RUN.
  const commands = readdirSync(resolve(import.meta.dirname, "../../bin/commands"))
    .map((name) => name.replace(/\.ts$/, "").replace("-", " "))
    .filter((command) => command !== "demo");
  expect(commands.length).toBeGreaterThan(5);
  for (const command of commands)
    expect(
      typed.some((line) => line.startsWith(`lastgood ${command}`)),
      command,
    ).toBe(true);
});

test("npm commands of the README are scripts of package.json", () => {
  const scripts = [...readPage("README.md").text.matchAll(/npm (?:run )?([a-z]+)/g)].map(([, name = ""]) => name);
  expect(scripts).toContain("demo");
  for (const name of scripts) if (name !== "ci") expect(Object.keys(manifest.scripts)).toContain(name);
});
