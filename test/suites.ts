import { globSync, readFileSync } from "node:fs";
import { posix, resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "..");

/** What a test imports to get a PostgreSQL server. */
const SERVERS = ["test/postgres.ts", "lib/local/postgres-server.ts"];

/** Suites that are a folder; every other test is `postgres` if it needs a server, else `pure`. */
const FOLDERS = { rooms: "test/architecture/", e2e: "test/e2e/", docs: "test/docs/" };

export type SuiteName = keyof typeof FOLDERS | "pure" | "postgres";

/** Every test file of the checkout by the suite it runs in. What a file needs is read from its imports, so that nobody has to remember a name. */
export const suites = (): Readonly<Record<SuiteName, readonly string[]>> => {
  const found: Record<SuiteName, string[]> = { rooms: [], pure: [], postgres: [], e2e: [], docs: [] };
  for (const path of testFiles()) {
    const folder = (["rooms", "e2e", "docs"] as const).find((name) => path.startsWith(FOLDERS[name]));
    found[folder ?? (needsServer(path, new Set()) ? "postgres" : "pure")].push(path);
  }
  return found;
};

/** Every test file there is, from the root. */
export const testFiles = (): readonly string[] =>
  globSync("test/**/*.test.ts", { cwd: ROOT })
    .map((path) => path.replaceAll("\\", "/"))
    .toSorted();

/** Whether a test reaches a server, directly or through other files under test. */
const needsServer = (path: string, seen: Set<string>): boolean => {
  if (SERVERS.includes(path)) return true;
  if (seen.has(path) || !path.startsWith("test/")) return false;
  seen.add(path);
  const text = readFileSync(resolve(ROOT, path), "utf8");
  const imports = [...text.matchAll(/(?:from|import)\s*\(?"(\.[^"]+\.ts)"/g)];
  return imports.some(([, specifier = ""]) => needsServer(posix.join(posix.dirname(path), specifier), seen));
};
