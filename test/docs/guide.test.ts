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

const isRun = (block: Block): boolean =>
  (block.language === "console" && !NOT_RUN.has(block.text)) || block.language === "sql";

const runBlock = async (shell: Shell, block: Block): Promise<void> => {
  const { port } = await server();
  if (block.language === "sql") {
    await query(`postgres://app@127.0.0.1:${port}/shop`, block.text);
    return;
  }
  const steps = stepsOf(block);
  for (const [i, step] of steps.entries()) {
    const { status, lines } = await shell.run(onServer(step.command, port));
    const where = `line ${step.line}: ${step.command}`;
    // Softly: one run shows an author everything that is no longer true.
    if (!fits(step.expected, lines)) expect.soft(lines.join("\n"), where).toBe(step.expected.join("\n"));
    const shown = steps[i + 1]?.command === "echo $?";
    if (step.command !== "echo $?" && !shown) expect.soft(status, `status in ${where}`).toBe(0);
  }
};

const isClosed = (block: Block): boolean => isRun(block) || NOT_RUN.has(block.text) || SHOWN.has(block.language);

const makeShop = async (): Promise<void> => {
  const { url } = await server();
  const roles = await query(url("postgres"), "SELECT FROM pg_roles WHERE rolname = 'app'");
  if (roles.length === 0) await query(url("postgres"), "CREATE ROLE app LOGIN CREATEDB CREATEROLE");
  await query(url("postgres"), "DROP DATABASE IF EXISTS shop");
  await query(url("postgres"), "CREATE DATABASE shop OWNER app");
};

/** Runs the blocks of a page one by one, each as a test; a block that fails leaves the rest of its page and guide to fail too. */
const runPages = (name: string, pages: readonly Page[], before: () => Promise<void>): void => {
  describe(name, () => {
    let shell: Shell;
    beforeAll(async () => {
      await before();
      shell = openShell();
    });
    afterAll(() => shell[Symbol.asyncDispose]());
    for (const page of pages) {
      const blocks = blocksOf(page.text).filter(isRun);
      test(`${page.path} does what it shows, in ${blocks.length} blocks`, async () => {
        for (const block of blocks) await runBlock(shell, block);
      });
    }
  });
};

runPages("README.md", [readPage("README.md")], async () => {
  await makeShop();
  const [sql] = blocksOf((guidePages()[0] as Page).text).filter((block) => block.language === "sql");
  const { port } = await server();
  await query(`postgres://app@127.0.0.1:${port}/shop`, (sql as Block).text);
});

runPages("the guide", guidePages(), makeShop);

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

test("npm commands of the README are scripts of package.json", () => {
  const scripts = [...readPage("README.md").text.matchAll(/npm (?:run )?([a-z]+)/g)].map(([, name = ""]) => name);
  expect(scripts).toContain("demo");
  for (const name of scripts) if (name !== "ci") expect(Object.keys(manifest.scripts)).toContain(name);
});
