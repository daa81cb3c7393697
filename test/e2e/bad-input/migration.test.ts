import { expect, test } from "vitest";
import { memoryStore } from "../../../lib/local/memory-store.ts";
import { postgresSource } from "../../../lib/postgres/source.ts";
import { manualClock } from "../../faults/manual-clock.ts";
import { freshDatabase, query, testServer } from "../../postgres.ts";
import { rebuiltState } from "../chain/rebuild.ts";
import { witness } from "../chain/witness.ts";
import { captureProcess, contentOf, pointsIn, vaultIn } from "../crash/process.ts";
import { between } from "./between.ts";

const server = testServer(18);

const SHOP = `
  CREATE TABLE stays AS SELECT n AS id FROM generate_series(1, 100) n;
  CREATE TABLE moves AS SELECT n AS id, 'row-value-' || n AS what FROM generate_series(1, 1000) n;
  ALTER TABLE moves ADD PRIMARY KEY (id)`;

/** Fails rather than waits, should the capture hold a lock already. */
const migrateWith = (url: string, sql: string) => query(url, `SET lock_timeout = '5s'; ${sql}`);

/** A database with a point, and a capture of it that meets a migration whenever it comes to the rows of `moves`. */
const openScene = async (migrate: (url: string, meetings: number) => Promise<unknown>) => {
  const url = await freshDatabase(server);
  await query(url, SHOP);
  const clock = manualClock();
  const store = memoryStore(clock);
  const machine = { source: await postgresSource(url), clock };
  const { point } = await captureProcess(machine, store);
  await query(url, "UPDATE moves SET what = 'changed' WHERE id < 10");
  let meetings = 0;
  const source = between(machine.source, async (table) => {
    if (table !== "moves") return;
    meetings += 1;
    await migrate(url, meetings);
  });
  const warnings: string[] = [];
  const capture = () => captureProcess({ source, clock }, store, { warn: (message) => warnings.push(message) });
  return { url, store, point, content: await contentOf(store, point), capture, warnings, meetings: () => meetings };
};

test.each([
  [
    "dropped",
    "DROP TABLE moves",
    /moves was dropped, renamed or altered while it was read|moves was truncated, rewritten or dropped/,
  ],
  ["renamed", "ALTER TABLE moves RENAME TO moved", /moves was dropped, renamed or altered while it was read/],
  ["truncated", "TRUNCATE moves", /table public\.moves was truncated, rewritten or dropped while it was read/],
  [
    "rewritten",
    "ALTER TABLE moves ALTER id TYPE bigint",
    /table public\.moves was truncated, rewritten or dropped|moves was dropped, renamed or altered/,
  ],
])(
  "a table that is %s in the middle of a capture: the point is taken again, of what is there then",
  async (_, sql, says) => {
    const scene = await openScene(async (url, meetings) => meetings === 1 && migrateWith(url, sql));
    const { point } = await scene.capture();
    expect(scene.warnings[0]).toMatch(says);
    expect(scene.warnings[0]).toMatch(/; taking the point again from a new snapshot$/);
    expect(await rebuiltState(await vaultIn(scene.store), point.id, scene.url)).toEqual(await witness(scene.url));
    expect(await contentOf(scene.store, scene.point)).toEqual(scene.content);
  },
);

test("fails after three tries when tables go on moving; the vault has the points it had", async () => {
  const scene = await openScene((url) =>
    migrateWith(url, "BEGIN; TRUNCATE moves; INSERT INTO moves SELECT 1, 'x'; COMMIT"),
  );
  await expect(scene.capture()).rejects.toMatchObject({
    code: "SOURCE_MOVED",
    exit: 7,
    retryable: true,
    message: "table public.moves was truncated, rewritten or dropped while it was read",
    hint: expect.stringContaining("run again when the migration is over") as string,
  });
  expect(scene.meetings()).toBe(3);
  expect((await pointsIn(scene.store)).map(({ id }) => id)).toEqual([scene.point.id]);
  expect(await contentOf(scene.store, scene.point)).toEqual(scene.content);
});
