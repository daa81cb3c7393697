import { access, constants, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { Failure } from "../lib/model/errors.ts";

/**
 * @throws OUTPUT_EXISTS  something is there already that is no empty directory
 * @throws OUTPUT_UNWRITABLE  there is no directory that it could lie in, or it cannot be looked at
 */
export const assertNewDirectory = async (path: string): Promise<void> => {
  try {
    const names = await readdir(path);
    if (names.length > 0) throw exists(path, `it holds ${names.length === 1 ? "a file" : `${names.length} files`}`);
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOTDIR") throw exists(path, "it is a file", cause);
    if (code !== "ENOENT") throw unwritable(path, cause);
    await access(dirname(resolve(path)), constants.W_OK).catch((missing: unknown) => {
      throw unwritable(path, missing);
    });
  }
};

/**
 * Writes a directory that was not there, or was empty: all of its files or, whatever goes wrong, none of them.
 * @throws OUTPUT_EXISTS, OUTPUT_UNWRITABLE
 */
export const writeNewDirectory = async (
  path: string,
  files: readonly { readonly name: string; readonly bytes: string | Uint8Array }[],
): Promise<void> => {
  const aside = await mkdtemp(`${resolve(path)}.`).catch((cause: unknown) => {
    throw unwritable(path, cause);
  });
  try {
    for (const { name, bytes } of files) await writeFile(join(aside, name), bytes, { flag: "wx", flush: true });
    await rename(aside, path);
  } catch (cause) {
    await rm(aside, { recursive: true, force: true });
    const { code } = cause as NodeJS.ErrnoException;
    throw code === "ENOTEMPTY" || code === "EEXIST" || code === "ENOTDIR"
      ? exists(path, "somebody wrote to it meanwhile", cause)
      : unwritable(path, cause);
  }
};

const exists = (path: string, why: string, cause?: unknown): Failure =>
  new Failure("OUTPUT_EXISTS", `${path} exists: ${why}`, {
    cause,
    hint: "give --out a directory that is not there yet, or an empty one",
  });

const unwritable = (path: string, cause: unknown): Failure =>
  new Failure(
    "OUTPUT_UNWRITABLE",
    `could not write ${path}: ${(cause as NodeJS.ErrnoException).code ?? "unknown error"}`,
    {
      cause,
      hint: "give --out a place in a directory that is there, that you may write to, and that has space",
    },
  );
