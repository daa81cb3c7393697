import { describe, expect, test } from "vitest";
import { FRAME_HEAD_BYTES, frameEnd } from "../../lib/engine/frames.ts";
import { layerSource } from "../../lib/engine/layers.ts";
import { readTable } from "../../lib/engine/read-table.ts";
import { Vault } from "../../lib/engine/vault.ts";
import { memoryStore } from "../../lib/local/memory-store.ts";
import { systemEntropy } from "../../lib/local/system-entropy.ts";
import type { PartTable, Point } from "../../lib/model/point.ts";
import { captureDatabase } from "../../lib/operations/capture.ts";
import { lookAtPoint } from "../../lib/operations/points.ts";
import { verifyVault } from "../../lib/operations/verify.ts";
import type { SourceDatabase } from "../../lib/ports/source-database.ts";
import { postgresSource } from "../../lib/postgres/source.ts";
import { inProcessLanes } from "../e2e/in-process-lanes.ts";
import { manualClock } from "../faults/manual-clock.ts";
import { memoryKeys } from "../local/memory-keys.ts";
import { DAY_MS, dataClass, policyOf, term } from "../policy/made-policy.ts";
import { freshDatabase, query, testServer } from "../postgres.ts";

/** The length of a row's first field follows the number of its fields. */
const FIRST_FIELD = FRAME_HEAD_BYTES + 2 + 4;

const aged = (database: string, column = "at") =>
  policyOf(
    [
      dataClass("raw", "P28D", { tables: ["*"], rowAge: { column, max: term("P3D") } }),
      dataClass("plain", "P28D", { tables: ["public.plain"] }),
    ],
    { databases: [database], timeZone: "Europe/Copenhagen" },
  );

/** @param asked  a source that stands before the real one */
const shop = async (major: 15 | 18, sql: string, asked = (source: SourceDatabase, _url: string) => source) => {
  const url = await freshDatabase(testServer(major));
  await query(url, sql);
  const clock = manualClock(Date.parse("2026-11-20T10:00:00Z"));
  const stores = { hot: memoryStore(clock), keys: memoryStore(clock) };
  const vault = await Vault.openOrCreate(stores, memoryKeys(), systemEntropy);
  const source = asked(await postgresSource(url), url);
  const warnings: string[] = [];
  const world = {
    vault,
    source,
    clock,
    progress: () => {},
    warn: (message: string) => void warnings.push(message),
    signal: new AbortController().signal,
    openLanes: inProcessLanes({ source, store: stores.hot, entropy: systemEntropy }, 2),
  };
  const policy = aged(source.database);
  const take = (taking = policy) => captureDatabase(world, { tier: "hot", base: false, policy: taking });
  return { url, stores, vault, world, clock, warnings, policy, take };
};

/** Ids of the rows of each table, by part: what the point gives back. */
const idsIn = async (vault: Vault, point: Point): Promise<Record<string, Record<string, readonly number[]>>> => {
  const found: Record<string, Record<string, readonly number[]>> = {};
  for (const part of (await lookAtPoint(vault, point.id)).parts) {
    const { namingSecret } = await vault.classSecret(part.class);
    const own: Record<string, readonly number[]> = {};
    for (const table of part.tables)
      own[table.facts.name] = await idsOf(layerSource(vault.hot, namingSecret, part.class, table), table);
    found[part.class] = own;
  }
  return found;
};

const idsOf = async (source: ReturnType<typeof layerSource>, table: PartTable): Promise<readonly number[]> => {
  const ids: number[] = [];
  for await (const frames of readTable(source, table))
    for (let at = 0; at < frames.length; at = frameEnd(frames, at)) ids.push(frames.readInt32BE(at + FIRST_FIELD));
  return ids.toSorted((a, b) => a - b);
};

describe.each([15, 18] as const)("PostgreSQL %i", (major) => {
  test("each business day's rows are a part of their own; rows of no day yet are in the class's, and older ones in none", async () => {
    const { take, vault, world, warnings, stores } = await shop(
      major,
      `CREATE TABLE instants (id integer PRIMARY KEY, at timestamptz);
       INSERT INTO instants VALUES (1, '2026-11-17 22:59:59.999999Z'), (2, '2026-11-17 23:00:00Z'), (3, '2026-11-18 22:59:59.999999Z'),
         (4, '2026-11-18 23:00:00Z'), (5, '2026-11-20 22:59:59.999999Z'), (6, '2026-11-20 23:00:00Z'), (7, NULL), (8, 'infinity'), (9, '-infinity');
       CREATE TABLE clocks (id integer PRIMARY KEY, at timestamp);
       INSERT INTO clocks VALUES (1, '2026-11-17 23:59:59.999999'), (2, '2026-11-18 00:00:00'), (3, '2026-11-20 23:59:59.999999'), (4, '2026-11-21');
       CREATE TABLE days (id integer, at date);
       INSERT INTO days VALUES (1, '2026-11-17'), (2, '2026-11-18'), (3, '2026-11-20'), (4, '2026-11-21'), (5, NULL);
       CREATE TABLE plain (id integer PRIMARY KEY, at date);
       INSERT INTO plain VALUES (1, '2001-01-01')`,
    );
    const { point, tables } = await take();
    expect(await idsIn(vault, point)).toEqual({
      plain: { plain: [1] },
      raw: { instants: [6, 7, 8], clocks: [4], days: [4, 5] },
      "raw_2026-11-18": { instants: [2, 3], clocks: [2], days: [2] },
      "raw_2026-11-19": { instants: [4] },
      "raw_2026-11-20": { instants: [5], clocks: [3], days: [3] },
    });
    expect(point.rowAges?.map(({ class: name, column, days, next }) => [name, column, days.length, next])).toEqual([
      ["raw", "at", 3, { day: "2026-11-21", startsAt: Date.parse("2026-11-20T23:00:00Z") }],
    ]);
    expect(warnings.toSorted()).toEqual([
      "table public.clocks: 1 rows are from before 2026-11-18 and not captured: class raw does not keep them so long",
      "table public.days: 1 rows are from before 2026-11-18 and not captured: class raw does not keep them so long",
      "table public.instants: 2 rows are from before 2026-11-18 and not captured: class raw does not keep them so long",
    ]);
    expect(tables.filter(({ name }) => name === "clocks").map(({ day, rows }) => [day, rows])).toEqual([
      ["2026-11-18", 1],
      ["2026-11-20", 1],
      [undefined, 1],
    ]);
    const keys: string[] = [];
    for await (const { name } of stores.keys.list("")) keys.push(name.replace(point.id, "point"));
    expect(keys).toEqual([
      "classes/plain",
      "classes/raw",
      "parts/point/plain",
      "parts/point/raw",
      "parts/point/raw_2026-11-18",
      "parts/point/raw_2026-11-19",
      "parts/point/raw_2026-11-20",
    ]);
    expect((await verifyVault(world, { level: "read" })).problems).toEqual([]);
  });

  test("a later capture takes each day as a delta, and a row whose day has come, or was corrected, from where it is now", async () => {
    const { take, url, vault, world, clock } = await shop(
      major,
      `CREATE TABLE events (id integer PRIMARY KEY, at timestamptz, note text);
       INSERT INTO events SELECT i, timestamptz '2026-11-18 12:00Z' + i % 4 * interval '1 day', 'n' FROM generate_series(1, 400) i;
       INSERT INTO events VALUES (1000, NULL, 'no day'), (1001, '2026-12-24Z', 'to come')`,
    );
    const first = await take();
    expect(first.tables.map(({ day, rows, taken }) => [day, rows, taken])).toEqual([
      ["2026-11-18", 100, "first capture"],
      ["2026-11-19", 100, "first capture"],
      ["2026-11-20", 100, "first capture"],
      [undefined, 102, "first capture"],
    ]);
    await clock.advance(DAY_MS);
    // Row 3 is of tomorrow, 4 of the 18th, 1 of the 19th, 2 of the 20th.
    await query(
      url,
      `UPDATE events SET at = '2026-11-20 12:00Z' WHERE id = 1; UPDATE events SET at = '2026-11-19 12:00Z' WHERE id = 1000;
       UPDATE events SET at = NULL WHERE id = 2; DELETE FROM events WHERE id = 6; UPDATE events SET note = 'm' WHERE id = 5;
       UPDATE events SET at = '2026-11-20 12:00Z' WHERE id = 4; UPDATE events SET id = 2000 WHERE id = 10`,
    );
    const second = await take();
    expect(
      second.tables.map(({ day, rows, taken, changedRows, goneRows }) => [day, rows, taken, changedRows, goneRows]),
    ).toEqual([
      ["2026-11-19", 100, "delta", 2, 1],
      // 1 and 4 came, 10 became 2000; 2, 6 and 10 are gone.
      ["2026-11-20", 100, "delta", 3, 3],
      ["2026-11-21", 100, "first capture", 100, 0],
      // 2 has no day any more, 1000 has one; the rows of the 21st, untouched, are where their day is.
      [undefined, 2, "delta", 1, 101],
    ]);
    const dayOf = (id: number): number => (id - 1) % 4;
    const ids = Array.from({ length: 400 }, (_, i) => i + 1);
    expect(await idsIn(vault, second.point)).toEqual({
      plain: {},
      raw: { events: [2, 1001] },
      "raw_2026-11-19": { events: [...ids.filter((id) => dayOf(id) === 0 && id !== 1), 1000] },
      "raw_2026-11-20": {
        events: [1, 4, ...ids.filter((id) => dayOf(id) === 1 && ![2, 6, 10].includes(id)), 2000].toSorted(
          (a, b) => a - b,
        ),
      },
      "raw_2026-11-21": { events: ids.filter((id) => dayOf(id) === 2) },
    });
    expect((await verifyVault(world, { level: "read" })).problems).toEqual([]);
  });
});

test.each(["the first capture", "a later one"])(
  "a table that is truncated under %s is not taken for one without days",
  async (which) => {
    const views = { opened: 0, truncatesAt: which === "a later one" ? 3 : 1 };
    const { take, vault, clock } = await shop(
      18,
      "CREATE TABLE events (id integer PRIMARY KEY, at date); INSERT INTO events VALUES (1, '2026-11-20')",
      (source, url) => ({
        ...source,
        openView: async () => {
          const view = await source.openView();
          if (++views.opened === views.truncatesAt)
            await query(url, "TRUNCATE events; INSERT INTO events VALUES (2, '2026-11-20')");
          return view;
        },
      }),
    );
    if (which === "a later one") await take();
    await clock.advance(1);
    const { point } = await take();
    expect((await idsIn(vault, point))["raw_2026-11-20"]).toEqual({ events: [2] });
    // The view under which it happened, the next one, and the one that looks whether the schema is still the same.
    expect(views.opened).toBe(views.truncatesAt + 2);
  },
);

test("a day that nothing happened to is not read again, and one that a row has left is", async () => {
  const read: string[] = [];
  const { take, url, vault, world, clock } = await shop(
    18,
    `CREATE TABLE events (id integer PRIMARY KEY, at date, note text);
     INSERT INTO events SELECT i, date '2026-11-18' + i % 3, 'n' FROM generate_series(1, 300) i`,
    (source) => ({
      ...source,
      join: async (token) => {
        const reader = await source.join(token);
        return {
          moved: (tables) => reader.moved(tables),
          rows: (rows) => reader.rows(rows),
          keys: (keys) => reader.keys(keys),
          digests: (digests) => {
            read.push(digests.table.slice?.day ?? "no day yet");
            return reader.digests(digests);
          },
          [Symbol.asyncDispose]: () => reader[Symbol.asyncDispose](),
        };
      },
    }),
  );
  await take();
  await clock.advance(1);
  await query(url, "DELETE FROM events WHERE id = 3; UPDATE events SET at = '2026-11-18' WHERE id = 1");
  const { point, tables } = await take();
  expect(read.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(["2026-11-18", "2026-11-19", "no day yet"]);
  expect(
    tables.map(({ day, rows, taken, changedRows, goneRows }) => [day, rows, taken, changedRows, goneRows]),
  ).toEqual([
    ["2026-11-18", 100, "delta", 1, 1],
    ["2026-11-19", 99, "delta", 0, 1],
    ["2026-11-20", 100, "delta", 0, 0],
    [undefined, 0, "delta", 0, 0],
  ]);
  expect((await idsIn(vault, point))["raw_2026-11-20"]?.["events"]).toHaveLength(100);
  expect((await verifyVault(world, { level: "read" })).problems).toEqual([]);
});

test("a table without the column, or with one that is no date, fails the capture before anything of it is stored", async () => {
  const { take, stores } = await shop(
    18,
    "CREATE TABLE events (id integer PRIMARY KEY, at text, gen date GENERATED ALWAYS AS ('2026-01-01') STORED)",
  );
  await expect(take()).rejects.toMatchObject({
    code: "ROW_AGE_UNKNOWN",
    message:
      "column at of table public.events, by which the rows of class raw leave, is text: it must be a date, timestamp or timestamptz",
  });
  for (const column of ["gen", "born"]) {
    const world = await shop(
      18,
      "CREATE TABLE events (id integer PRIMARY KEY, gen date GENERATED ALWAYS AS ('2026-01-01') STORED)",
    );
    await expect(world.take(aged(world.world.source.database, column))).rejects.toMatchObject({
      code: "ROW_AGE_UNKNOWN",
      message: `table public.events has no stored column ${column}, by which the rows of class raw leave`,
    });
  }
  const names: string[] = [];
  for await (const { name } of stores.hot.list("")) names.push(name);
  expect(names.filter((name) => !name.startsWith("intents/"))).toEqual(["vault.json"]);
});

test("what a policy divides by another column, or not at all any more, begins with a base", async () => {
  const { take, policy, clock } = await shop(
    18,
    "CREATE TABLE events (id integer PRIMARY KEY, at date, due date); INSERT INTO events VALUES (1, NULL, NULL)",
  );
  const takenOf = async (taking = policy) => {
    // Points follow each other by their start.
    await clock.advance(1);
    return (await take(taking)).tables.map(({ taken }) => taken);
  };
  expect(await takenOf()).toEqual(["first capture"]);
  expect(await takenOf()).toEqual(["delta"]);
  const [raw, ...rest] = policy.classes as [(typeof policy.classes)[number], ...typeof policy.classes];
  const divided = "rows are divided by age in another way";
  expect(
    await takenOf({ ...policy, classes: [{ ...raw, rowAge: { column: "due", max: term("P3D") } }, ...rest] }),
  ).toEqual([divided]);
  const { rowAge: _, ...whole } = raw;
  expect(await takenOf({ ...policy, classes: [whole, ...rest] })).toEqual([divided]);
  expect(await takenOf()).toEqual([divided]);
});
