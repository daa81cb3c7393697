import { expect, test } from "vitest";
import { capture } from "../../../lib/engine/capture.ts";
import type { CopyResult, LaneOpening } from "../../../lib/engine/copy-tables.ts";
import type { CopyTask } from "../../../lib/engine/lane.ts";
import { partKeyName, Vault } from "../../../lib/engine/vault.ts";
import { memoryStore } from "../../../lib/local/memory-store.ts";
import { systemClock } from "../../../lib/local/system-clock.ts";
import { systemEntropy } from "../../../lib/local/system-entropy.ts";
import { SAMPLES_MAX, type TableDifference } from "../../../lib/model/difference.ts";
import { diffTwoPoints, diffWithLive, openScratchLane } from "../../../lib/operations/diff.ts";
import type { Lanes } from "../../../lib/ports/lanes.ts";
import type { ObjectStore } from "../../../lib/ports/object-store.ts";
import type { SourceDatabase } from "../../../lib/ports/source-database.ts";
import { postgresSource } from "../../../lib/postgres/source.ts";
import { counting } from "../../faults/counting.ts";
import { memoryKeys } from "../../local/memory-keys.ts";
import { freshDatabase, query, testServer } from "../../postgres.ts";

const server = testServer(18);

const SHOP = `
  CREATE TABLE orders (id bigint PRIMARY KEY, customer text, total numeric(10,2), note jsonb);
  INSERT INTO orders SELECT i, 'customer ' || i, i * 1.5, jsonb_build_object('n', i) FROM generate_series(1, 20000) i;
  CREATE TABLE codes (code text PRIMARY KEY, rate float8);
  INSERT INTO codes VALUES ('a', 0.1), ('b', 'NaN'), ('', 3);
  CREATE TABLE log (at int, line text);
  INSERT INTO log SELECT i, 'line ' || i FROM generate_series(1, 500) i;
  CREATE TABLE untouched (id uuid PRIMARY KEY);
  INSERT INTO untouched SELECT gen_random_uuid() FROM generate_series(1, 100);
  CREATE TABLE dropped (id int PRIMARY KEY);
  INSERT INTO dropped VALUES (1), (2);`;

const RELEASE = `
  UPDATE orders SET total = 0 WHERE id % 100 = 0;
  UPDATE orders SET customer = customer WHERE id = 7;
  DELETE FROM orders WHERE id IN (5, 6);
  INSERT INTO orders VALUES (-1, NULL, 1, NULL);
  UPDATE codes SET code = 'z' WHERE code = '';
  DELETE FROM log WHERE at <= 3;
  INSERT INTO log VALUES (4, 'line 4'), (9999, NULL);
  DROP TABLE dropped;
  CREATE TABLE fresh (id int PRIMARY KEY);
  INSERT INTO fresh VALUES (1);`;

const LANES = 2;

/** Lanes in this very thread. */
const lanesOn =
  (source: SourceDatabase, store: ObjectStore, scratch: ObjectStore) =>
  async (opening: LaneOpening): Promise<Lanes<CopyTask, CopyResult>> => {
    const world = { source, store, scratch, entropy: systemEntropy };
    const lanes = await Promise.all(Array.from({ length: LANES }, () => openScratchLane(world, opening)));
    const idle = [...lanes];
    return {
      count: LANES,
      async run(task, progress, signal) {
        const lane = idle.pop();
        if (lane === undefined) throw new TypeError("more tasks than lanes");
        try {
          return await lane.run(task, progress, signal);
        } finally {
          idle.push(lane);
        }
      },
      async [Symbol.asyncDispose]() {
        for (const lane of lanes) await lane[Symbol.asyncDispose]();
      },
    };
  };

const shopWorld = async () => {
  const url = await freshDatabase(server);
  await query(url, SHOP);
  const hot = counting(memoryStore(systemClock));
  const keys = counting(memoryStore(systemClock));
  const vault = await Vault.openOrCreate({ hot, keys }, memoryKeys(), systemEntropy);
  const source = await postgresSource(url);
  const heard: TableDifference[] = [];
  const world = {
    vault,
    source,
    clock: systemClock,
    progress: () => {},
    warn: () => {},
    onTable: (table: TableDifference) => void heard.push(table),
    signal: new AbortController().signal,
  };
  const take = () =>
    capture(
      { ...world, openLanes: lanesOn(source, hot, hot) },
      {
        tier: "hot",
        base: false,
        classesOf: (tables) => tables.map(({ name }) => (name === "codes" ? "money" : "default")),
        classes: ["default"],
      },
    );
  return { url, hot, keys, source, world, take, heard };
};

const DIFFERENCE = {
  totals: { tables: 6, tablesDifferent: 5, missing: 2 + 1 + 3 + 2, extra: 1 + 1 + 2 + 1, changed: 200 },
  leftOut: [],
  tables: [
    { a: { name: "dropped", rows: 2 }, b: null, comparedBy: "presence", missing: 2 },
    { a: null, b: { name: "fresh", rows: 1 }, comparedBy: "presence", extra: 1 },
    { a: { name: "log", rows: 500 }, b: { rows: 499 }, comparedBy: "row", missing: 3, extra: 2 },
    {
      a: { class: "default", schema: "public", name: "orders", rows: 20_000 },
      b: { rows: 19_999 },
      comparedBy: "key",
      missing: 2,
      extra: 1,
      changed: 200,
      columnsChanged: [{ name: "total", rows: 200 }],
      samples: {
        missing: [
          { key: { id: "5" }, row: { id: "5", customer: "customer 5", total: "7.50", note: '{"n": 5}' } },
          { key: { id: "6" } },
        ],
        extra: [{ key: { id: "-1" }, row: { id: "-1", customer: null, total: "1.00", note: null } }],
        changed: [
          { key: { id: "100" }, columns: [{ name: "total", a: "150.00", b: "0.00" }] },
          { key: { id: "200" }, columns: [{ name: "total", a: "300.00", b: "0.00" }] },
        ],
      },
    },
    { a: { name: "untouched" }, b: { name: "untouched" }, comparedBy: "key", missing: 0, extra: 0, changed: 0 },
    {
      a: { class: "money", name: "codes" },
      missing: 1,
      extra: 1,
      samples: { missing: [{ key: { code: "" } }], extra: [{ key: { code: "z" } }] },
    },
  ],
};

test("a point and the live database differ by what a release did, and nothing is written into the vault", async () => {
  const { url, hot, keys, source, world, take, heard } = await shopWorld();
  await take();
  await query(url, RELEASE);
  hot.reset();
  keys.reset();
  const scratch = counting(memoryStore(systemClock));
  const live = { ...world, scratch, openLanes: lanesOn(source, hot, scratch) };
  const difference = await diffWithLive(live, { a: "latest", samplesMax: 2 });
  expect(difference).toMatchObject(DIFFERENCE);
  expect(difference.b.point).toBeNull();
  expect(heard).toEqual(difference.tables);
  for (const store of [hot, keys]) {
    expect(store.counts.put.calls).toBe(0);
    expect(store.counts.delete.calls).toBe(0);
  }
  // What was read is the changed rows and no more: 203 of 20 000 rows of about 60 bytes, and the table without a key.
  expect(scratch.counts.put.bytes).toBeLessThan(60_000);
});

test("two points differ by what a release did in between, whichever way round they are compared", async () => {
  const { url, hot, world, take } = await shopWorld();
  const { point: before } = await take();
  await query(url, RELEASE);
  const { point: after } = await take();
  hot.reset();
  const difference = await diffTwoPoints(world, { a: before.id, b: after.id, samplesMax: 2 });
  expect(difference).toMatchObject(DIFFERENCE);
  const back = await diffTwoPoints(world, { a: after.id, b: before.id, samplesMax: 2 });
  expect(back.totals).toMatchObject({ missing: 5, extra: 8, changed: 200 });
  expect(hot.counts.put.calls).toBe(0);
});

test("a renamed table is the same table, and one that was dropped and made again is compared by its name", async () => {
  const { url, world, take } = await shopWorld();
  const { point: before } = await take();
  await query(url, "ALTER TABLE codes RENAME TO rates; CREATE TABLE again AS SELECT * FROM untouched");
  await query(
    url,
    "ALTER TABLE again ADD PRIMARY KEY (id); DROP TABLE untouched; ALTER TABLE again RENAME TO untouched",
  );
  const { point: after } = await take();
  const { tables, totals } = await diffTwoPoints(world, { a: before.id, b: after.id, samplesMax: 2 });
  expect(totals).toMatchObject({ tables: 5, tablesDifferent: 1, missing: 0, extra: 0, changed: 0 });
  const renamed = tables.find((table) => table.a?.name === "codes");
  expect(renamed).toMatchObject({ b: { name: "rates", class: "default" }, comparedBy: "key" });
});

test("a class that has expired in one of the points is left out and named, and the others are compared", async () => {
  const { url, hot, keys, source, world, take } = await shopWorld();
  const { point: before } = await take();
  await query(url, RELEASE);
  const { point: after } = await take();
  await keys.delete(partKeyName(before.id, "money"));
  const scratch = memoryStore(systemClock);
  const live = { ...world, scratch, openLanes: lanesOn(source, hot, scratch) };
  const expired = { class: "money", days: null, because: `the part of point ${before.id} has expired` };
  const unknown = {
    class: "money",
    days: null,
    because: expect.stringContaining("none that is new was compared") as string,
  };
  const differences = [
    { ...(await diffTwoPoints(world, { a: before.id, b: after.id, samplesMax: 2 })), said: [expired], compared: 5 },
    { ...(await diffTwoPoints(world, { a: after.id, b: before.id, samplesMax: 2 })), said: [expired], compared: 5 },
    // Of the live database the class of a new table is not known.
    { ...(await diffWithLive(live, { a: before.id, samplesMax: 2 })), said: [expired, unknown], compared: 4 },
  ];
  for (const { tables, leftOut, totals, said, compared } of differences) {
    expect(leftOut).toEqual(said);
    expect(tables.map(({ a, b }) => (a ?? b)?.name)).not.toContain("codes");
    expect(totals).toMatchObject({ tables: compared, changed: 200 });
  }
});

test("fails when there is no such point, when the scratch store holds something, and when too many samples are asked for", async () => {
  const { hot, source, world, take } = await shopWorld();
  await expect(diffTwoPoints(world, { a: "latest", b: "latest", samplesMax: 2 })).rejects.toMatchObject({
    code: "POINT_NOT_FOUND",
  });
  await take();
  const live = { ...world, scratch: hot, openLanes: lanesOn(source, hot, hot) };
  await expect(diffWithLive(live, { a: "latest", samplesMax: 2 })).rejects.toMatchObject({ code: "USAGE" });
  const many = { a: "latest", b: "latest", samplesMax: SAMPLES_MAX + 1 };
  await expect(diffTwoPoints(world, many)).rejects.toMatchObject({ code: "USAGE" });
});
