import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { encodeDocument } from "../../../lib/engine/document.ts";
import { listIntents, removeIntent } from "../../../lib/engine/intent.ts";
import { openDirectoryStore } from "../../../lib/local/directory-store.ts";
import { openKeyFile } from "../../../lib/local/key-file.ts";
import { systemClock } from "../../../lib/local/system-clock.ts";
import { freshDatabase, query, testServer } from "../../postgres.ts";
import { filesBelow, run, start, untilFiles } from "./command.ts";
import { storesIn, sweptNamesIn } from "./one-store.ts";
import { reachableIn } from "./process.ts";

const server = testServer(18);
const TABLES = 6;

interface Place {
  readonly url: string;
  readonly vault: string;
  readonly keys: string;
  /** Arguments that say where everything is. */
  readonly args: readonly string[];
}

/** About 5 MB in each table: large enough to be stopped in its middle, small enough to be quick. */
const openPlace = async (): Promise<Place> => {
  const url = await freshDatabase(server);
  for (let i = 0; i < TABLES; i++)
    await query(
      url,
      `CREATE TABLE t${i} AS SELECT n AS id, md5(n::text) || md5((n + ${i})::text) AS what FROM generate_series(1, 60000) n;
       ALTER TABLE t${i} ADD PRIMARY KEY (id)`,
    );
  await query(url, "ANALYZE");
  const directory = await mkdtemp(join(tmpdir(), "lastgood-killed-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const [vault, keys] = [join(directory, "vault"), join(directory, "keys.json")];
  return { url, vault, keys, args: ["--vault", vault, "--keys", keys] };
};

const captureOf = ({ url, args }: Place) => ["capture", "--database", url, ...args];

const storeOf = ({ vault }: Place) => openDirectoryStore(vault, { clock: systemClock, create: false });

/** Brings the ends of all leases forward, so that the test need not wait a minute for each kill. */
const endLeases = async (place: Place): Promise<number> => {
  const { hot } = storesIn(await storeOf(place));
  const intents = await listIntents(hot);
  for (const intent of intents) {
    await removeIntent(hot, intent.id);
    await hot.put(`intents/${intent.id}/000001.json`, [encodeDocument({ ...intent, leaseUntil: 0 })]);
  }
  return intents.length;
};

const pointsOf = async ({ args }: Place): Promise<readonly unknown[]> => {
  const { status, stdout } = await run(["point", "list", "--json", ...args]);
  expect(status).toBe(0);
  return (JSON.parse(stdout) as { points: unknown[] }).points;
};

/** Sessions that a process left at the server. */
const sessionsLeft = async ({ url }: Place): Promise<unknown> => {
  const [row] = await query(
    url,
    "SELECT count(*)::int AS count FROM pg_stat_activity WHERE application_name = 'lastgood' AND datname = current_database()",
  );
  return row?.["count"];
};

const sweepAndCompare = async (place: Place): Promise<void> => {
  const swept = await run(["sweep", "--json", ...place.args]);
  expect(swept.status, swept.stderr).toBe(0);
  const verified = await run(["verify", "--level", "read", ...place.args]);
  expect(verified.status, verified.stdout + verified.stderr).toBe(0);
  const store = await storeOf(place);
  expect(await sweptNamesIn(store)).toEqual(await reachableIn(store, await openKeyFile(place.keys)));
  for (const name of ["hot", "keys"]) {
    const unfinished = (await readdir(join(place.vault, name))).filter((entry) => entry.startsWith("~"));
    for (const directory of unfinished) expect(await readdir(join(place.vault, name, directory))).toEqual([]);
  }
};

test("a capture command killed by SIGKILL in its middle, again and again, goes on to a whole point and leaves nothing", async () => {
  const place = await openPlace();
  const chunks = join(place.vault, "hot", "chunks");
  for (const more of [1, 9, 4]) {
    const running = start(captureOf(place));
    await untilFiles(running, chunks, (await filesBelow(chunks)) + more);
    running.child.kill("SIGKILL");
    expect((await running.ended).signal).toBe("SIGKILL");
    expect(await pointsOf(place)).toEqual([]);
    await expect.poll(() => sessionsLeft(place), { timeout: 20_000 }).toBe(0);
    expect(await endLeases(place)).toBeGreaterThan(0);
  }
  const { status, stdout, stderr } = await run([...captureOf(place), "--json"]);
  expect(stderr).not.toContain("lastgood.error");
  expect(status).toBe(0);
  expect((JSON.parse(stdout) as { tables: { rows: number }[] }).tables.map(({ rows }) => rows)).toEqual(
    Array.from({ length: TABLES }, () => 60_000),
  );
  expect(await pointsOf(place)).toHaveLength(1);
  await sweepAndCompare(place);
  // Read back: the point against the database, row by row.
  const { status: same, stdout: difference } = await run([
    "point",
    "diff",
    "latest",
    "--live",
    "--database",
    place.url,
    ...place.args,
  ]);
  expect(difference).not.toContain("missing");
  expect(same).toBe(0);
});

test.each(["SIGINT", "SIGTERM"] as const)(
  "%s ends a capture with 130, and the next one goes on at once",
  async (signal) => {
    const place = await openPlace();
    const running = start(captureOf(place));
    await untilFiles(running, join(place.vault, "hot", "chunks"), 3);
    running.child.kill(signal);
    const stopped = await running.ended;
    expect(stopped).toMatchObject({ status: 130, stdout: "" });
    expect(stopped.stderr).toContain(`error: stopped by ${signal}\nhint: run the same command again; it continues\n`);
    expect(await pointsOf(place)).toEqual([]);
    expect(await sessionsLeft(place)).toBe(0);

    const { status, stderr } = await run(captureOf(place));
    expect(stderr).not.toContain("waiting");
    expect(status).toBe(0);
    expect(await pointsOf(place)).toHaveLength(1);
    await sweepAndCompare(place);
  },
);
