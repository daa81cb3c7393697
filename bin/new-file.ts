import { open, unlink } from "node:fs/promises";
import { Failure } from "../lib/model/errors.ts";

/**
 * Writes a file that was not there: a plan that somebody may have approved, or a dump, is never overwritten. What cannot
 * be finished is taken away again, so that nobody takes the part for the whole and the same command can be run again.
 * @throws OUTPUT_EXISTS, OUTPUT_UNWRITABLE, and what `fill` throws
 */
export const writeNewFile = async <T>(
  path: string,
  fill: (write: (bytes: string | Uint8Array) => Promise<void>) => Promise<T>,
  mode = 0o666,
): Promise<T> => {
  const handle = await naming(path, () => open(path, "wx", mode));
  try {
    const result = await fill((bytes) => naming(path, () => handle.writeFile(bytes)));
    await naming(path, () => handle.sync());
    return result;
  } catch (error) {
    await unlink(path);
    throw error;
  } finally {
    await handle.close();
  }
};

const naming = async <T>(path: string, act: () => Promise<T>): Promise<T> => {
  try {
    return await act();
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "EEXIST") throw new Failure("OUTPUT_EXISTS", `${path} exists`, { cause });
    throw new Failure("OUTPUT_UNWRITABLE", `could not write ${path}: ${code ?? "unknown error"}`, { cause });
  }
};
