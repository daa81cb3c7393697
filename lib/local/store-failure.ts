import { type ErrorCode, Failure } from "../model/errors.ts";

const CODES: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: "STORE_FULL",
  EDQUOT: "STORE_FULL",
  EACCES: "STORE_FORBIDDEN",
  EPERM: "STORE_FORBIDDEN",
  EROFS: "STORE_FORBIDDEN",
};

/** What an error of the file system means to a user of the store. Anything else (a bug, a Failure) comes back as it is. */
export function storeFailure(error: unknown, act: string): unknown {
  const errno = errnoOf(error);
  if (errno === undefined) return error;
  return new Failure(CODES[errno] ?? "STORE_UNREACHABLE", `could not ${act}: ${errno}`, { cause: error });
}

/** The name of the operating system's error, if it is one: `ENOENT`. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("syscall" in error) || !("code" in error)) return undefined;
  return String(error.code);
}

/** Resolves to undefined where the operating system answers with one of the given errors. */
export async function unless<T>(errnos: readonly string[], work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (errnos.includes(errnoOf(error) ?? "")) return undefined;
    throw error;
  }
}
