import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { overlayStore } from "../../../lib/engine/diff/overlay-store.ts";
import { partKeyName, Vault } from "../../../lib/engine/vault.ts";
import { memoryStore } from "../../../lib/local/memory-store.ts";
import { systemEntropy } from "../../../lib/local/system-entropy.ts";
import type { Difference, TableDifference } from "../../../lib/model/difference.ts";
import type { Point } from "../../../lib/model/point.ts";
import { dayClass } from "../../../lib/model/row-age.ts";
import { captureDatabase } from "../../../lib/operations/capture.ts";
import { diffTwoPoints, diffWithLive } from "../../../lib/operations/diff.ts";
import { postgresSource } from "../../../lib/postgres/source.ts";
import { inProcessLanes } from "../../e2e/in-process-lanes.ts";
import { manualClock } from "../../faults/manual-clock.ts";
import { memoryKeys } from "../../local/memory-keys.ts";
import { DAY_MS, dataClass, policyOf, term } from "../../policy/made-policy.ts";
import { freshDatabase, query, testServer } from "../../postgres.ts";

const server = testServer(18);
const ZONE = "Europe/Copenhagen";
const LANES = 2;

const agedWorld = async (sql: string) => {
  const url = await freshDatabase(server);
  await query(url, sql);
  const clock = manualClock(Date.parse("2026-11-20T10:00:00Z"));
  const [hot, keys] = [memoryStore(clock), memoryStore(clock)];
  const vault = await Vault.openOrCreate({ hot, keys }, memoryKeys(), systemEntropy);
  const source = await postgresSource(url);
  const world = {
    vault,
    source,
    clock,
    progress: () => {},
    warn: () => {},
    onTable: () => {},
    signal: new AbortController().signal,
  };
  const policy = policyOf(
    [
      dataClass("raw", "P28D", { tables: ["public.*"], rowAge: { column: "at", max: term("P3D") } }),
      dataClass("witness", "P28D", { tables: ["witness.*"] }),
    ],
    { databases: [source.database], timeZone: ZONE },
  );
  const lanesOn = (store: typeof hot) => inProcessLanes({ source, store, entropy: systemEntropy }, LANES);
  return {
    url,
    clock,
    policy,
    take: async (by = policy): Promise<Point> => {
      await clock.advance(1);
      const options = { tier: "hot", base: false, policy: by } as const;
      return (await captureDatabase({ ...world, openLanes: lanesOn(hot) }, options)).point;
    },
    diff: (a: Point, b: Point): Promise<Difference> => diffTwoPoints(world, { a: a.id, b: b.id, samplesMax: 5 }),
    diffLive: (a: Point): Promise<Difference> => {
      const scratch = memoryStore(clock);
      const openLanes = lanesOn(overlayStore(hot, scratch));
      return diffWithLive({ ...world, scratch, openLanes }, { a: a.id, samplesMax: 5 });
    },
    /** A day leaves a point, as when the worker has destroyed its key. */
    expire: async (point: Point, days: readonly string[]): Promise<void> => {
      for (const day of days) await keys.delete(partKeyName(point.id, dayClass("raw", day)));
    },
  };
};

const tableIn = ({ tables }: Difference, name: string): TableDifference | undefined =>
  tables.find((table) => (table.a ?? table.b)?.name === name);

const EVENTS = `
  CREATE TABLE events (id integer PRIMARY KEY, at timestamptz, note text);
  INSERT INTO events SELECT i, timestamptz '2026-11-18 12:00Z' + i % 3 * interval '1 day', 'n' FROM generate_series(1, 300) i;
  INSERT INTO events VALUES (1000, NULL, 'no day'), (1001, '2026-11-21 12:00Z', 'of tomorrow');`;

describe("of a table whose rows leave by their age", () => {
  test("rows that were dated otherwise have changed, and no day counts that one side has no longer", async () => {
    const { url, take, diff, diffLive, clock, expire } = await agedWorld(EVENTS);
    const before = await take();
    expect(before.parts.map((part) => part.class)).toEqual([
      "raw",
      "raw_2026-11-18",
      "raw_2026-11-19",
      "raw_2026-11-20",
      "witness",
    ]);
    await clock.advance(DAY_MS);
    // 1 and 4 are of the 19th, 2 of the 20th, 3 of the 18th, which a point of the 21st does not take.
    await query(
      url,
      `UPDATE events SET at = '2026-11-20 13:00Z' WHERE id = 1; UPDATE events SET at = NULL WHERE id = 2;
       DELETE FROM events WHERE id IN (3, 4); UPDATE events SET note = 'm' WHERE id = 5; INSERT INTO events VALUES (7000, '2026-11-21 01:00Z', 'new')`,
    );
    const after = await take();
    const expected = {
      comparedBy: "key",
      a: { class: "raw", name: "events", rows: 202 },
      b: { class: "raw", name: "events", rows: 202 },
      missing: 1,
      extra: 1,
      changed: 3,
      columnsChanged: [
        { name: "at", rows: 2 },
        { name: "note", rows: 1 },
      ],
      samples: {
        missing: [{ key: { id: "4" } }],
        extra: [{ key: { id: "7000" } }],
        changed: [
          { key: { id: "1" }, columns: [{ name: "at", a: "2026-11-19 12:00:00+00", b: "2026-11-20 13:00:00+00" }] },
          { key: { id: "2" }, columns: [{ name: "at", a: "2026-11-20 12:00:00+00", b: null }] },
          { key: { id: "5" } },
        ],
      },
    };
    const day18 = { class: "raw", days: { first: "2026-11-18", last: "2026-11-18" } };
    const difference = await diff(before, after);
    expect(difference.tables.length).toBe(1);
    expect(tableIn(difference, "events")).toMatchObject(expected);
    expect(difference.leftOut).toEqual([
      { ...day18, because: `they had left by their age when point ${after.id} was taken` },
    ]);

    const whole = await diffLive(before);
    const { samples, ...counts } = expected;
    expect(tableIn(whole, "events")).toMatchObject({ ...counts, a: { rows: 302 }, b: { rows: 301 }, missing: 2 });
    expect(tableIn(whole, "events")?.samples).toMatchObject({
      ...samples,
      missing: [{ key: { id: "3" } }, ...samples.missing],
    });
    expect(whole.leftOut).toEqual([]);
    await expire(before, ["2026-11-18"]);
    const live = await diffLive(before);
    expect(tableIn(live, "events")).toMatchObject(expected);
    expect(live.leftOut).toEqual([{ ...day18, because: `they have left point ${before.id}` }]);
    expect(live.tables.length).toBe(1);
  });

  test("a table that came or went counts its rows without those of days that have left", async () => {
    const { url, take, diff, diffLive, clock, expire } = await agedWorld(EVENTS);
    const before = await take();
    await query(
      url,
      "DROP TABLE events; CREATE TABLE fresh (id integer PRIMARY KEY, at date); INSERT INTO fresh VALUES (1, '2026-11-20'), (2, NULL), (3, '2026-11-01')",
    );
    const live = await diffLive(before);
    expect(tableIn(live, "events")).toMatchObject({ comparedBy: "presence", missing: 302, b: null });
    // Live, nobody says yet how a table that is new is divided.
    expect(tableIn(live, "fresh")).toMatchObject({ comparedBy: "presence", extra: 3, a: null });
    await clock.advance(DAY_MS);
    const after = await take();
    await expire(before, ["2026-11-19"]);
    const difference = await diff(before, after);
    expect(tableIn(difference, "events")).toMatchObject({ comparedBy: "presence", missing: 102, b: null });
    expect(tableIn(difference, "fresh")).toMatchObject({ comparedBy: "presence", extra: 2, a: null });
    expect(difference.leftOut.map(({ days }) => days)).toEqual([
      { first: "2026-11-18", last: "2026-11-18" },
      { first: "2026-11-19", last: "2026-11-19" },
    ]);
  });

  test("a day that expired hides no table that is new since then", async () => {
    const { url, take, diffLive, expire } = await agedWorld(EVENTS);
    const point = await take();
    await expire(point, ["2026-11-18"]);
    await query(url, "CREATE TABLE fresh (id integer PRIMARY KEY)");
    expect(tableIn(await diffLive(point), "fresh")).toMatchObject({ comparedBy: "presence", extra: 0 });
  });

  test("what is divided otherwise on the other side, or has lost its dates, is said not to be comparable", async () => {
    const { url, take, diff, diffLive, policy } = await agedWorld(`${EVENTS} ALTER TABLE events ADD COLUMN due date`);
    const [raw, ...rest] = policy.classes as [(typeof policy.classes)[number], ...typeof policy.classes];
    const { rowAge: _, ...whole } = raw;
    const byAt = await take();
    const byDue = await take({
      ...policy,
      classes: [{ ...raw, rowAge: { column: "due", max: term("P3D") } }, ...rest],
    });
    const undivided = await take({ ...policy, classes: [whole, ...rest] });
    const one = { comparedBy: "nothing", missing: 0, extra: 0, changed: 0 };
    const otherwise = { ...one, because: "its rows are divided by age in another way" };
    const oneSide = { ...one, because: "its rows are divided by age on one side only" };
    for (const [difference, expected] of [
      [await diff(byAt, byDue), otherwise],
      [await diff(byAt, undivided), oneSide],
      [await diff(undivided, byDue), oneSide],
    ] as const) {
      expect(tableIn(difference, "events")).toMatchObject(expected);
      expect(difference.totals.tablesDifferent).toBe(1);
    }
    await query(url, "ALTER TABLE events DROP COLUMN at");
    expect(tableIn(await diffLive(byAt), "events")).toMatchObject({ ...oneSide, columnsDropped: ["at"] });
    expect(tableIn(await diffLive(undivided), "events")).toMatchObject({ comparedBy: "key", missing: 0, extra: 0 });
  });
});

const at = fc.constantFrom(
  null,
  "infinity",
  "-infinity",
  "2026-11-16 12:00",
  "2026-11-17 23:30",
  "2026-11-18 00:30",
  "2026-11-19 12:00",
  "2026-11-19 22:59:59.999999",
  "2026-11-19 23:00",
  "2026-11-20 23:59:59.999999",
  "2026-11-21 00:00",
  "2026-11-22 12:00",
);
const rows = fc.array(fc.record({ id: fc.integer({ min: 0, max: 120 }), at, note: fc.constantFrom(null, "", "a") }), {
  maxLength: 150,
  size: "max",
});
const history = fc.record({
  type: fc.constantFrom("date", "timestamp", "timestamptz"),
  key: fc.boolean(),
  start: rows,
  writes: rows,
  deletes: fc.array(fc.integer({ min: 0, max: 120 }), { maxLength: 30 }),
  daysBetween: fc.nat(4),
  goneOfA: fc.subarray(["2026-11-18", "2026-11-19", "2026-11-20"], { maxLength: 2 }),
  goneOfB: fc.subarray(["2026-11-19", "2026-11-20", "2026-11-21"], { maxLength: 1 }),
});

const putRows = (put: readonly object[]): string =>
  `DELETE FROM events WHERE id IN (SELECT id FROM jsonb_to_recordset('${JSON.stringify(put)}') AS r (id integer));
   INSERT INTO events SELECT DISTINCT ON (r.id) r.id, r.at, r.note
     FROM jsonb_populate_recordset(NULL::events, '${JSON.stringify(put)}') AS r;`;

/** What SQL says about two copies of the table, of the rows that both points can tell about. */
const expectedOf = async (
  url: string,
  { type, key }: { readonly type: string; readonly key: boolean },
  sides: { readonly a: Point; readonly b: Point; readonly gone: readonly string[] },
) => {
  const [ageA, ageB] = [sides.a, sides.b].map(({ rowAges = [] }) => rowAges[0]);
  const next = [ageA?.next.day ?? "", ageB?.next.day ?? ""].toSorted()[0] as string;
  const first = [ageA?.days[0]?.day ?? "", ageB?.days[0]?.day ?? ""].toSorted()[1] as string;
  const isLaterOut = first > next || sides.gone.some((day) => day >= next);
  const day = type === "timestamptz" ? `(at AT TIME ZONE '${ZONE}')::date` : "at::date";
  const kept = (table: string): string =>
    `SELECT id, at, note FROM ${table} WHERE CASE WHEN at IS NULL OR ${day} >= '${next}' THEN ${!isLaterOut}
       ELSE ${day} >= '${first}' AND ${day}::text <> ALL ('{${sides.gone.join(",")}}') END`;
  const counts = key
    ? `(SELECT count(*)::int FROM a WHERE id NOT IN (SELECT id FROM b)) AS missing,
       (SELECT count(*)::int FROM b WHERE id NOT IN (SELECT id FROM a)) AS extra,
       (SELECT count(*)::int FROM (SELECT * FROM a EXCEPT SELECT * FROM b) AS d WHERE id IN (SELECT id FROM b)) AS changed`
    : `(SELECT count(*)::int FROM (SELECT * FROM a EXCEPT ALL SELECT * FROM b) AS d) AS missing,
       (SELECT count(*)::int FROM (SELECT * FROM b EXCEPT ALL SELECT * FROM a) AS d) AS extra, 0 AS changed`;
  const [found] = await query(
    url,
    `WITH a AS (${kept("witness.a")}), b AS (${kept("witness.b")})
     SELECT ${counts}, (SELECT count(*)::int FROM a) AS rows_a, (SELECT count(*)::int FROM b) AS rows_b,
       (SELECT count(*)::int FROM a JOIN b USING (id) WHERE ${key} AND a.at IS DISTINCT FROM b.at) AS moved`,
  );
  const { missing, extra, changed, rows_a, rows_b, moved } = found as Record<string, number>;
  const isAny =
    !isLaterOut ||
    [...(ageA?.days ?? []), ...(ageB?.days ?? [])].some(
      (one) => one.day >= first && one.day < next && !sides.gone.includes(one.day),
    );
  return isAny ? { missing, extra, changed, rows: [rows_a, rows_b], moved } : undefined;
};

const shownOf = (table: TableDifference | undefined) => {
  if (table === undefined) return undefined;
  const { missing, extra, changed, a, b, columnsChanged } = table;
  const moved = columnsChanged.find(({ name }) => name === "at")?.rows ?? 0;
  return { missing, extra, changed, rows: [a?.rows, b?.rows], moved };
};

test("points of random rows differ from each other, and from the live database, as SQL says", async () => {
  await fc.assert(
    fc.asyncProperty(history, async ({ start, writes, deletes, daysBetween, goneOfA, goneOfB, ...form }) => {
      const { url, clock, take, diff, diffLive, expire } = await agedWorld(
        `CREATE SCHEMA witness; CREATE TABLE events (id integer ${form.key ? "PRIMARY KEY" : ""}, at ${form.type}, note text); ${putRows(start)}`,
      );
      await query(url, "CREATE TABLE witness.a AS SELECT * FROM events");
      const a = await take();
      await clock.advance(daysBetween * DAY_MS);
      await query(
        url,
        `${putRows(writes)} DELETE FROM events WHERE id = ANY ('{${deletes.join(",")}}'); CREATE TABLE witness.b AS SELECT * FROM events`,
      );
      const b = await take();
      const daysOf = (point: Point, days: readonly string[]): readonly string[] =>
        days.filter((day) => point.parts.some((part) => part.class === dayClass("raw", day)));
      const [fromA, fromB] = [daysOf(a, goneOfA), daysOf(b, goneOfB)];
      await expire(a, fromA);
      await expire(b, fromB);
      const both = await expectedOf(url, form, { a, b, gone: [...fromA, ...fromB] });
      expect(shownOf(tableIn(await diff(a, b), "events"))).toEqual(both);
      const live = await expectedOf(url, form, { a, b: a, gone: fromA });
      expect(shownOf(tableIn(await diffLive(a), "events"))).toEqual(live);
    }),
    { numRuns: 15 },
  );
});
