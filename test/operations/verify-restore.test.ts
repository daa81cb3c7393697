import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { removeParts } from "../../lib/engine/expire-parts.ts";
import type { FoldWorld } from "../../lib/engine/fold-chain.ts";
import { memoryStore } from "../../lib/local/memory-store.ts";
import { systemClock } from "../../lib/local/system-clock.ts";
import { systemEntropy } from "../../lib/local/system-entropy.ts";
import type { Point } from "../../lib/model/point.ts";
import type { Policy } from "../../lib/model/policy.ts";
import { captureDatabase } from "../../lib/operations/capture.ts";
import { openOrCreateVault } from "../../lib/operations/open-vault.ts";
import { openRestoreLane } from "../../lib/operations/restore-lane.ts";
import { verifyByRestore } from "../../lib/operations/verify-restore.ts";
import type { Clock } from "../../lib/ports/clock.ts";
import type { PlainReader } from "../../lib/ports/plain-reader.ts";
import { postgresSource } from "../../lib/postgres/source.ts";
import { plainReader } from "../../lib/postgres/target/plain-reader.ts";
import { targetDatabase } from "../../lib/postgres/target/target-database.ts";
import { inProcessLanes } from "../e2e/in-process-lanes.ts";
import { manualClock } from "../faults/manual-clock.ts";
import { memoryKeys } from "../local/memory-keys.ts";
import { dataClass, policyOf, term } from "../policy/made-policy.ts";
import { freshDatabase, postgresMajors, query, testServer } from "../postgres.ts";

const zoo = (name: string): string => readFileSync(new URL(`../zoo/${name}.sql`, import.meta.url), "utf8");

interface DrillOptions {
  readonly policy?: Policy;
  readonly clock?: Clock;
  /** Called when the point is captured. */
  readonly captured?: (world: FoldWorld, point: Point) => Promise<unknown>;
}

const drill = async (
  urls: { source: string; scratch: string },
  reader: (honest: PlainReader) => PlainReader,
  { policy, clock = systemClock, captured }: DrillOptions = {},
) => {
  const stores = { hot: memoryStore(clock), keys: memoryStore(clock) };
  const vault = await openOrCreateVault({ stores, keys: memoryKeys(), entropy: systemEntropy });
  const source = await postgresSource(urls.source);
  const quiet = { clock, progress: () => {}, warn: () => {}, signal: new AbortController().signal };
  const world = { source, store: stores.hot, entropy: systemEntropy };
  const openLanes = inProcessLanes(world, 2);
  const { point } = await captureDatabase({ ...quiet, vault, source, openLanes }, { tier: "hot", base: false, policy });
  await captured?.({ ...quiet, vault }, point);
  const target = targetDatabase(urls.scratch);
  return verifyByRestore(
    {
      ...quiet,
      vault,
      target,
      reader: reader(plainReader(urls.scratch)),
      openLanes: async (opening) => {
        const lane = await openRestoreLane({ target, store: stores.hot }, opening);
        return {
          count: 1,
          run: (task, progress, signal) => lane.run(task, progress, signal),
          [Symbol.asyncDispose]: () => lane[Symbol.asyncDispose](),
        };
      },
    },
    "latest",
  );
};

describe.each(postgresMajors)("on PostgreSQL %i", (major) => {
  const server = testServer(major);

  test.each(["types", "zoo", "rental", "orders"])(
    "every row of the %s schema comes back as an independent query reads it",
    async (name) => {
      const [source, scratch] = [await freshDatabase(server), await freshDatabase(server)];
      await query(source, zoo(name));
      const report = await drill({ source, scratch }, (honest) => honest);
      expect(report.tables).toBeGreaterThan(5);
      expect(report.rows).toBe(report.restore.rows);
    },
  );

  test("fails when one value of one restored row is another, and names its table", async () => {
    const [source, scratch] = [await freshDatabase(server), await freshDatabase(server)];
    await query(
      source,
      "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, 100) i",
    );
    const lying = (honest: PlainReader): PlainReader => ({
      ...honest,
      async *rows(table) {
        for await (const row of honest.rows(table)) yield row[0] === "57" ? ["57", "other"] : row;
      },
    });
    await expect(drill({ source, scratch }, lying)).rejects.toThrow("public.t (1 of 100 rows)");
  });

  test("fails when a restored row is missing", async () => {
    const [source, scratch] = [await freshDatabase(server), await freshDatabase(server)];
    await query(source, "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 100)");
    const lying = (honest: PlainReader): PlainReader => ({
      ...honest,
      async *rows(table) {
        for await (const row of honest.rows(table)) if (row[0] !== "100") yield row;
      },
    });
    await expect(drill({ source, scratch }, lying)).rejects.toMatchObject({ code: "DIFFERENT" });
  });
});

const server = testServer(18);

/** Rows of three days and of none, with a key and without; the few of one of those days are read by an index, in another order than they lie. */
const AGED = `
  CREATE TABLE keyed (id integer PRIMARY KEY, at timestamptz);
  INSERT INTO keyed SELECT i, timestamptz '2026-11-17 20:00Z' + i * interval '40 minutes' FROM generate_series(1, 110) i;
  INSERT INTO keyed VALUES (500, NULL), (501, 'infinity'), (502, '2026-12-01Z');
  CREATE TABLE keyless (n integer, at date);
  INSERT INTO keyless SELECT i, date '2026-11-19' + i % 3 FROM generate_series(1, 20000) i;
  INSERT INTO keyless SELECT i, date '2026-11-18' FROM generate_series(1, 5) i;
  CREATE INDEX ON keyless (at, n DESC)`;

const agedDrill = async (
  reader: (honest: PlainReader, scratch: string) => PlainReader,
  captured?: DrillOptions["captured"],
) => {
  const [source, scratch] = [await freshDatabase(server), await freshDatabase(server)];
  await query(source, AGED);
  const raw = dataClass("raw", "P28D", { tables: ["*"], rowAge: { column: "at", max: term("P3D") } });
  const databases = [new URL(source).pathname.slice(1)];
  return drill({ source, scratch }, (honest) => reader(honest, scratch), {
    policy: policyOf([raw], { databases, timeZone: "Europe/Copenhagen" }),
    clock: manualClock(Date.parse("2026-11-20T10:00:00Z")),
    ...(captured === undefined ? {} : { captured }),
  });
};

test("a table in slices is compared slice by slice, each by an independent query", async () => {
  const asked: string[] = [];
  const report = await agedDrill((honest) => ({
    ...honest,
    rows(table) {
      asked.push(`${table.name} ${table.slice?.day ?? "no day"}`);
      return honest.rows(table);
    },
  }));
  expect(report.tables).toBe(2);
  expect(report.rows).toBe(report.restore.rows);
  const days = ["no day", "2026-11-18", "2026-11-19", "2026-11-20"];
  expect(asked).toEqual(["keyed", "keyless"].flatMap((name) => days.map((day) => `${name} ${day}`)));
});

test("a point from which days have left is proven by the days that it has", async () => {
  const whole = await agedDrill((honest) => honest);
  const left = await agedDrill(
    (honest) => honest,
    (world, { id }) => removeParts(world, [{ point: id, classes: ["raw_2026-11-18"] }]),
  );
  expect(left.tables).toBe(2);
  expect(left.rows).toBeLessThan(whole.rows);
  expect(left.rows).toBe(left.restore.rows);
});

test("fails when a row of a slice is another, and names the day", async () => {
  const lying = (honest: PlainReader): PlainReader => ({
    ...honest,
    async *rows(table) {
      for await (const row of honest.rows(table)) yield row[0] === "57" ? ["58", row[1] as string] : row;
    },
  });
  await expect(agedDrill(lying)).rejects.toThrow("public.keyed of 2026-11-19 (1 of 36 rows)");
});

test.each([
  ["from before the first day", "INSERT INTO keyless VALUES (1, '2026-11-16')"],
  ["of a day that no part has", "INSERT INTO keyed VALUES (1000, '2026-11-17 12:00Z')"],
])("fails when a restored table has a row %s, which no slice would see", async (_, sql) => {
  const meddling = (honest: PlainReader, scratch: string): PlainReader => ({
    ...honest,
    async *rows(table) {
      if (table.slice?.day === undefined && sql.includes(` ${table.name} `)) await query(scratch, sql);
      yield* honest.rows(table);
    },
  });
  await expect(agedDrill(meddling)).rejects.toThrow(
    /public\.key\w+ \(1 rows that are in no day of it, or in several\)/,
  );
});
