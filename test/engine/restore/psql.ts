import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/** Loads SQL as a stranger would. */
export const psql = async (url: string, sql: Buffer): Promise<void> => {
  const directory = await mkdtemp(join(tmpdir(), "lastgood-sql-"));
  try {
    const file = join(directory, "point.sql");
    await writeFile(file, sql);
    await promisify(execFile)("psql", ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", file, url]);
  } finally {
    await rm(directory, { recursive: true });
  }
};
