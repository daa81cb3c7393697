import { readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { type ParseResult, parseSync } from "oxc-parser";

/** The checkout this test lives in. */
export const ROOT = resolve(import.meta.dirname, "../..");

/** Folders whose TypeScript the gates read. `lambdas` comes with the AWS side. */
export const PRODUCT_FOLDERS = ["lib", "lambdas", "bin"];

export interface SourceFile {
  /** From the root, with slashes: `lib/engine/seal.ts`. */
  readonly path: string;
  readonly text: string;
}

/** Every file under the given folders of the checkout whose name ends as asked, in order of path. */
export const filesUnder = (folders: readonly string[], ending = ".ts"): readonly SourceFile[] =>
  folders
    .flatMap((folder) => walk(join(ROOT, folder)))
    .filter((path) => path.endsWith(ending))
    .toSorted()
    .map((path) => ({ path: relative(ROOT, path).replaceAll("\\", "/"), text: readFileSync(path, "utf8") }));

const walk = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() ? walk(join(folder, entry.name)) : [join(folder, entry.name)],
    );
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
};

/** Parses a file; a gate that cannot parse what it reads must fail, not pass. */
export const parsed = ({ path, text }: SourceFile): ParseResult => {
  const result = parseSync(path, text);
  if (result.errors.length > 0) throw new Error(`${path} does not parse: ${result.errors[0]?.message}`);
  return result;
};

export const lineOf = (text: string, offset: number): number => text.slice(0, offset).split("\n").length;
