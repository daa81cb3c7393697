import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Path of a program: beside the server's binaries first, so that versions match, then in PATH; undefined without it. */
export const findProgram = (name: string, binaries?: string): string | undefined => {
  const folders = [...(binaries === undefined ? [] : [binaries]), ...(process.env["PATH"] ?? "").split(delimiter)];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
};

/** The version a program tells, such as `15.18`. */
export const versionOf = (program: string, argument = "--version"): string =>
  /\d+(\.\d+)+/.exec(execFileSync(program, [argument], { encoding: "utf8" }))?.[0] ?? "unknown";

/** Bytes of all files below a directory. */
export const bytesUnder = (directory: string): number =>
  existsSync(directory)
    ? readdirSync(directory, { withFileTypes: true, recursive: true })
        .filter((entry) => entry.isFile())
        .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0)
    : 0;
