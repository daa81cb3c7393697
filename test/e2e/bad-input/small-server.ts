import { spawnSync } from "node:child_process";
import { join } from "node:path";
import pg from "pg";
import { embeddedBinaries, startPostgres } from "../../../lib/local/postgres-server.ts";

// Runs in mounts of its own, with a small disk at the first argument: a server whose tables lie there and whose WAL does
// not, and the restore of a point into it. Prints what each command said as one line of JSON.
const [disk = "", waldir = "", program = "", plan = "", ...args] = process.argv.slice(2);
await using server = await startPostgres({
  binaries: embeddedBinaries(),
  directory: join(disk, "data"),
  settings: { fsync: "off", autovacuum: "off" },
  locale: ["--locale=C.UTF-8", "--encoding=UTF8", `--waldir=${waldir}`],
});
const run = async (sql: string): Promise<void> => {
  const client = new pg.Client({ connectionString: server.url("postgres") });
  await client.connect();
  await client.query(sql);
  await client.end();
};
const lastgood = (...words: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [program, "restore", ...words, "--database", server.url("target"), ...args],
    { encoding: "utf8" },
  );
  return { status, out: stdout, err: stderr };
};
await run("CREATE DATABASE target");
const planned = lastgood("plan", "latest", "--out", plan);
const applied = lastgood("apply", plan);
await run("DROP DATABASE target");
await run("CREATE DATABASE target");
lastgood("plan", "latest", "--table", "public.small", "--out", `${plan}.small`);
const again = lastgood("apply", `${plan}.small`);
process.stdout.write(`${JSON.stringify({ planned, applied, again })}\n`);
