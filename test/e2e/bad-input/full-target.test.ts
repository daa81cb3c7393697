import { spawnSync } from "node:child_process";
import { chmod, mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { freshDatabase, query, testServer } from "../../postgres.ts";
import { expectFailed, photograph, placeIn, type Seen, takePoint, temporary } from "./operator.ts";

const server = testServer(18);
const PROGRAM = resolve(import.meta.dirname, "../../../bin/lastgood.ts");
const SMALL_SERVER = resolve(import.meta.dirname, "small-server.ts");
const DISK_MB = 80; // An empty cluster and two databases take 37 MB.

const inOwnMounts = (script: string) =>
  spawnSync("unshare", ["-m", "sh", "-euc", script], { encoding: "utf8", timeout: 120_000 });
const mountable = inOwnMounts("mount -t tmpfs none /mnt").status === 0 ? ["tmpfs"] : [];

test.each(mountable)(
  "a restore into a server on a full %s fails with TARGET_NO_SPACE and says what the target holds",
  async (disk) => {
    const url = await freshDatabase(server);
    await query(
      url,
      `CREATE TABLE small AS SELECT 1 AS id;
     CREATE TABLE large AS SELECT n, repeat(md5(n::text), 12) AS what FROM generate_series(1, 200000) n`,
    );
    const place = placeIn(await temporary());
    await takePoint(url, place);
    const before = await photograph(place.vault);
    const wal = join(place.directory, "wal");
    await mkdir(wal);
    for (const directory of [place.directory, wal]) await chmod(directory, 0o777); // The server may be another user.
    const command = [
      process.execPath,
      SMALL_SERVER,
      "/mnt",
      join(wal, "pg"),
      PROGRAM,
      join(place.directory, "plan.json"),
      ...place.args,
    ];
    const { stdout, stderr } = inOwnMounts(
      `mount -t ${disk} -o size=${DISK_MB}m,mode=777 none /mnt; ${command.map((word) => `"${word}"`).join(" ")}`,
    );
    expect(stderr).toBe("");
    const seen = JSON.parse(stdout) as Record<"planned" | "applied" | "again", Seen>;
    expect(seen.planned.status).toBe(0);
    expectFailed(seen.applied, {
      code: "TARGET_NO_SPACE",
      says: /loading public\.large: .*No space left on device.*; database target is not restored: \d of 2 tables hold all their rows/,
      hint: /^hint: drop database target and create it again, then make a new plan; the vault was not changed$/,
    });
    expect(await photograph(place.vault)).toEqual(before);
    // The hint holds: into the database made anew, what fits is restored.
    expect(seen.again).toMatchObject({ status: 0, out: expect.stringContaining("restored 1 table, 1 row") as string });
  },
);
