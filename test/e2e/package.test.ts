import { execFile } from "node:child_process";
import { cpSync, existsSync, globSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { freshDatabase, query, testServer } from "../postgres.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const SOURCES = ["bin", "docs", "lambdas", "lib", "LICENSE", "README.md", "package.json", "tsconfig.json"];

const server = testServer(18);
const run = promisify(execFile);
const directory = mkdtempSync(join(tmpdir(), "lastgood-package-"));
const [checkout, theirs] = [join(directory, "checkout"), join(directory, "theirs")];
const installed = join(theirs, "node_modules/lastgood");
afterAll(() => rmSync(directory, { recursive: true }));

const link = (target: string, path: string): void => {
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path);
};

/** What `npm install <file>` would do, without a registry: what the package depends on is there, and nothing else. */
const install = async (file: string): Promise<void> => {
  mkdirSync(installed, { recursive: true });
  await run("tar", ["-xzf", file, "-C", installed, "--strip-components=1"]);
  const needed = Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies });
  for (const name of needed.filter((one) => existsSync(join(ROOT, "node_modules", one))))
    link(join(ROOT, "node_modules", name), join(theirs, "node_modules", name));
  link(join("../lastgood", manifest.bin.lastgood), join(theirs, "node_modules/.bin/lastgood"));
};

beforeAll(async () => {
  for (const name of SOURCES) cpSync(join(ROOT, name), join(checkout, name), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(checkout, "node_modules"));
  // Its prepack builds the package; npm puts the node of the checkout before the machine's.
  const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", directory], { cwd: checkout });
  const [packed] = JSON.parse(stdout.slice(stdout.indexOf("[\n"))) as [{ readonly filename: string }];
  await install(join(directory, packed.filename));
});

const lastgood = (...args: readonly string[]) =>
  run(process.execPath, [join(theirs, "node_modules/.bin/lastgood"), ...args], { cwd: theirs });

test("the package holds what was built, and no TypeScript that Node would refuse there", () => {
  const files = globSync("**/*", { cwd: installed, exclude: (name) => name === "node_modules" });
  expect(files).toEqual(expect.arrayContaining(["bin/launcher.js", "dist/bin/lastgood.js", "dist/bin/worker.js"]));
  expect(files.filter((name) => /(?<!\.d)\.ts$/.test(name))).toEqual([]);
});

test("in another project the command line says its version and its help, as it does in a checkout", async () => {
  expect((await lastgood("--version")).stdout).toBe(`${manifest.version}\n`);
  const help = await run(process.execPath, [join(ROOT, manifest.bin.lastgood), "demo", "--help"]);
  expect(await lastgood("demo", "--help")).toEqual(help);
});

test("in another project it captures, and brings a PostgreSQL of its own to prove the point: its threads are found", async () => {
  const database = await freshDatabase(server);
  await query(
    database,
    "CREATE TABLE orders AS SELECT i AS id, md5(i::text) AS note FROM generate_series(1, 1000) AS i",
  );
  const place = ["--vault", join(theirs, "vault"), "--keys", join(theirs, "keys.json")];
  await lastgood("capture", "--database", database, "--jobs", "2", ...place);
  const { stdout } = await lastgood("verify", "latest", "--level", "restore", "--jobs", "2", "--json", ...place);
  expect(JSON.parse(stdout)).toMatchObject({ level: "restore", tables: 1, rows: 1000, problems: [] });
});
