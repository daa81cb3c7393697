import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../model/errors.ts";
import type { DatabasePlace } from "./database-url.ts";

/**
 * The password that `PGPASSFILE`, or else `~/.pgpass`, holds for a place: the first line that matches, as libpq does.
 * @throws DATABASE_AUTH  others may read the file (libpq ignores it then, with a warning that is easily missed)
 * @see https://www.postgresql.org/docs/current/libpq-pgpass.html
 */
export async function passwordFromFile(place: DatabasePlace, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const path = env["PGPASSFILE"] ?? (env["HOME"] === undefined ? undefined : join(env["HOME"], ".pgpass"));
  if (path === undefined) return undefined;
  const lines = await readLines(path);
  const wanted = [place.host.startsWith("/") ? "localhost" : place.host, `${place.port}`, place.database, place.user];
  for (const line of lines) {
    if (line.startsWith("#")) continue;
    const fields = fieldsOf(line);
    if (fields.length === 5 && wanted.every((value, i) => fields[i] === "*" || fields[i] === value)) return fields[4];
  }
  return undefined;
}

async function readLines(path: string): Promise<readonly string[]> {
  try {
    const { mode } = await stat(path);
    if ((mode & 0o077) !== 0 && process.platform !== "win32")
      throw new Failure("DATABASE_AUTH", `the password file ${path} can be read by others`, {
        hint: `chmod 600 ${path}`,
      });
    return (await readFile(path, "utf8")).split(/\r?\n/);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** `host:port:database:user:password`; a backslash keeps the `:` or `\` after it. */
function fieldsOf(line: string): string[] {
  const fields = [""];
  for (let i = 0; i < line.length; i++) {
    if (line[i] === ":" && fields.length < 5) fields.push("");
    else {
      if (line[i] === "\\" && i + 1 < line.length) i++;
      fields.push(fields.pop() + (line[i] ?? ""));
    }
  }
  return fields;
}
