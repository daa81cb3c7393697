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

/** Bytes of all files below a directory; links are not followed, because pgBackRest's `latest` would count twice. */
export const bytesUnder = (directory: string): number =>
  existsSync(directory)
    ? readdirSync(directory, { withFileTypes: true }).reduce((sum, entry) => {
        const path = join(directory, entry.name);
        if (entry.isDirectory()) return sum + bytesUnder(path);
        return entry.isFile() ? sum + statSync(path).size : sum;
      }, 0)
    : 0;
