import { existsSync, globSync, readFileSync } from "node:fs";
import { posix, resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "..");

/** What a test imports to get a PostgreSQL server. */
const SERVERS = ["test/postgres.ts", "lib/local/postgres-server.ts"];

/** What a test imports to get an AWS. */
const EMULATORS = ["test/aws/emulator.ts"];

/** What a test imports to get a browser. */
const BROWSERS = ["test/report/browser.ts"];

/** Suites that are a folder. Every other test is `postgres` if it needs a server, else `pure`; one that needs the emulator is `aws`, one that needs a browser `browser` in any folder. */
const FOLDERS = { rooms: "test/architecture/", cdk: "test/cdk/", e2e: "test/e2e/", docs: "test/docs/" };

export type SuiteName = keyof typeof FOLDERS | "pure" | "postgres" | "aws" | "browser";

/** Every test file of the checkout by the suite it runs in. What a file needs is read from its imports, so that nobody has to remember a name. */
export const suites = (): Readonly<Record<SuiteName, readonly string[]>> => {
  const found: Record<SuiteName, string[]> = {
    rooms: [],
    pure: [],
    cdk: [],
    postgres: [],
    aws: [],
    browser: [],
    e2e: [],
    docs: [],
  };
  for (const path of testFiles()) {
    found[suiteOf(path)].push(path);
  }
  return found;
};

const suiteOf = (path: string): SuiteName => {
  if (reaches(path, EMULATORS)) return "aws";
  if (reaches(path, BROWSERS)) return "browser";
  const folder = (["rooms", "cdk", "e2e", "docs"] as const).find((name) => path.startsWith(FOLDERS[name]));
  return folder ?? (reaches(path, SERVERS) ? "postgres" : "pure");
};

/** Every test file there is, from the root. */
export const testFiles = (): readonly string[] =>
  globSync("test/**/*.test.ts", { cwd: ROOT })
    .map((path) => path.replaceAll("\\", "/"))
    .toSorted();

/** Whether a test imports one of the modules, directly or through other files under test. */
const reaches = (path: string, modules: readonly string[], seen = new Set<string>()): boolean => {
  if (modules.includes(path)) return true;
  // Tests of the import reader quote imports of files that do not exist.
  if (seen.has(path) || !path.startsWith("test/") || !existsSync(resolve(ROOT, path))) return false;
  seen.add(path);
  const text = readFileSync(resolve(ROOT, path), "utf8");
  const imports = [...text.matchAll(/(?:from|import)\s*\(?"(\.[^"]+\.ts)"/g)];
  return imports.some(([, specifier = ""]) => reaches(posix.join(posix.dirname(path), specifier), modules, seen));
};
