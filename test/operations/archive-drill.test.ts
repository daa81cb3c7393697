import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { listPoints } from "../../lib/engine/points.ts";
import { systemClock } from "../../lib/local/system-clock.ts";
import type { DataClass } from "../../lib/model/policy.ts";
import { type ArchiveDrillReport, archiveDrillEntry, drillArchive } from "../../lib/operations/archive-drill.ts";
import { appendRecord } from "../../lib/operations/audit.ts";
import { chooseDrill } from "../../lib/operations/day-drill.ts";
import { measuredRate } from "../../lib/operations/measured-rate.ts";
import type { PlainReader } from "../../lib/ports/plain-reader.ts";
import type { RetainedStore } from "../../lib/ports/retained-store.ts";
import { plainReader } from "../../lib/postgres/target/plain-reader.ts";
import { targetDatabase } from "../../lib/postgres/target/target-database.ts";
import { archiveNewest, QUIET, versionsIn } from "../engine/archive/archive-world.ts";
import { openGoldenArchive } from "../engine/archive/golden-archive.ts";
import { restoreVault } from "../engine/restore/restore-world.ts";
import { CONTENT, SHOP } from "../engine/restore/shop.ts";
import { memoryRetainedStore } from "../local/memory-retained-store.ts";
import { dataClass, policyOf } from "../policy/made-policy.ts";
import { freshDatabase, postgresMajors, query, testServer } from "../postgres.ts";
import { POLICY, RetentionHistory } from "./retention-world.ts";

const zoo = (name: string): string => readFileSync(new URL(`../zoo/${name}.sql`, import.meta.url), "utf8");

const SHOP_CLASSES = [
  dataClass("people", "P14D", { tables: ["shop.users"] }),
  dataClass("money", "P12Y", { tables: ["shop.orders"] }),
  dataClass("rest", "P60D", { tables: ["shop.*"] }),
];
const OBJECTS = "SELECT count(*)::int AS objects FROM pg_class WHERE relnamespace = 'public'::regnamespace";

interface DrillOptions {
  readonly classes?: readonly string[];
  readonly reader?: (honest: PlainReader) => PlainReader;
  readonly store?: (honest: RetainedStore) => RetainedStore;
  readonly scratch?: string;
}

/** A database of some SQL, classes of it archived, and a drill of that archive. */
const archived = async (
  server: ReturnType<typeof testServer>,
  sql: string,
  classes?: readonly DataClass[],
  names = classes?.map((one) => one.name) ?? ["default"],
) => {
  const original = await freshDatabase(server);
  await query(original, sql);
  const database = new URL(original).pathname.slice(1);
  const made = await restoreVault();
  const policy = classes && policyOf(classes, { databases: [database] });
  const point = await made.capture(original, policy);
  const archive = memoryRetainedStore(systemClock);
  const world = { vault: made.vault, archive, clock: systemClock };
  for (const name of names) await archiveNewest(world, name, { packBytes: 3000 });
  const id = `${database}/2026-11-01`;
  const drill = async (options: DrillOptions = {}): Promise<ArchiveDrillReport> => {
    const scratch = options.scratch ?? (await freshDatabase(server));
    const reader = options.reader?.(plainReader(scratch)) ?? plainReader(scratch);
    const store = options.store?.(archive) ?? archive;
    const own = { ...world, ...QUIET, archive: store, target: targetDatabase(scratch), reader };
    return drillArchive(own, { id, classes: options.classes ?? [] });
  };
  return { made, original, policy, point, id, database, world, drill };
};

describe.each(postgresMajors.filter((major) => major === 15 || major === 18))("PostgreSQL %i", (major) => {
  const server = testServer(major);

  test.each(["types", "zoo", "rental", "orders"])(
    "every row of an archive of the %s schema comes back as an independent query reads it",
    async (name) => {
      const { drill, id, database, point } = await archived(server, zoo(name));
      const report = await drill();
      expect(report).toMatchObject({ archive: id, database, classes: ["default"], point: point.id });
      expect(report.tables).toBe(point.parts[0]?.tables);
      expect(report.rows).toBe(point.parts[0]?.rows);
      expect(report.plainBytes).toBeGreaterThan(report.rows);
    },
  );
});

const server = testServer(18);

test("classes are restored together, with the keys between them; and each of them alone", async () => {
  const { drill, original } = await archived(server, SHOP, SHOP_CLASSES);
  const scratch = await freshDatabase(server);
  expect(await drill({ scratch })).toMatchObject({ classes: ["money", "people", "rest"] });
  expect(await query(scratch, CONTENT)).toEqual(await query(original, CONTENT));
  for (const { name } of SHOP_CLASSES) expect(await drill({ classes: [name] })).toMatchObject({ classes: [name] });
});

test("an archive that format 1 wrote once restores, and every row of it reads as it was archived", async () => {
  const { vault, archive } = await openGoldenArchive();
  const scratch = await freshDatabase(server);
  const world = { ...QUIET, vault, archive, clock: systemClock, target: targetDatabase(scratch) };
  const report = await drillArchive(
    { ...world, reader: plainReader(scratch) },
    { id: "shop/2026-11-20", classes: ["raw"] },
  );
  expect(report).toMatchObject({ archive: "shop/2026-11-20", point: "p1", database: "shop", tables: 2, rows: 8 });
});

const ROWS = `CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, 100) i;
  CREATE TABLE u (n int); INSERT INTO u VALUES (1)`;

test.each<[string, (rows: AsyncIterable<readonly (string | null)[]>) => AsyncGenerator<readonly (string | null)[]>]>([
  [
    "has another value",
    async function* (rows) {
      for await (const row of rows) yield row[0] === "57" ? ["57", "other"] : row;
    },
  ],
  [
    "is missing",
    async function* (rows) {
      for await (const row of rows) if (row[0] !== "100") yield row;
    },
  ],
  [
    "has come from nowhere",
    async function* (rows) {
      for await (const row of rows) {
        yield row;
        if (row[0] === "100") yield ["101", "v101"];
      }
    },
  ],
])("fails when one restored row %s, and names its table", async (_, lie) => {
  const { drill } = await archived(server, ROWS);
  const reader = (honest: PlainReader): PlainReader => ({ ...honest, rows: (table) => lie(honest.rows(table)) });
  await expect(drill({ reader })).rejects.toMatchObject({
    code: "DIFFERENT",
    message: expect.stringMatching(/differ from archive test_\d+\/2026-11-01: public\.t \(1 of 100 rows\)$/) as string,
  });
});

test("fails on a damaged pack, naming it, and leaves the scratch database as empty as it was", async () => {
  const { drill, world } = await archived(server, ROWS);
  const packs = (await versionsIn(world.archive)).flatMap((one) => /^\S+\/packs\/\d+/.exec(one) ?? []);
  const scratch = await freshDatabase(server);
  let failed = 0;
  for (const pack of packs) {
    const store = (honest: RetainedStore): RetainedStore => ({
      ...honest,
      async get(name, version, range) {
        const bytes = await honest.get(name, version, range);
        if (name === pack) bytes?.writeUInt8(bytes.readUInt8(0) ^ 1, 0);
        return bytes;
      },
    });
    // Packs that hold no rows are not read: level read does.
    const drilled = await drill({ scratch: await freshDatabase(server), store }).catch((error: unknown) => error);
    if (!(drilled instanceof Error)) continue;
    failed++;
    expect(drilled).toMatchObject({ code: "OBJECT_CORRUPT", message: expect.stringContaining(pack) as string });
    await expect(drill({ scratch, store })).rejects.toMatchObject({ code: "OBJECT_CORRUPT" });
    expect(await query(scratch, OBJECTS)).toEqual([{ objects: 0 }]);
  }
  expect(failed).toBeGreaterThan(0);
});

test("a scratch database that is not empty is refused before anything is done to it", async () => {
  const { drill } = await archived(server, ROWS);
  const scratch = await freshDatabase(server);
  await query(scratch, "CREATE TABLE somebodys (x int)");
  await expect(drill({ scratch })).rejects.toMatchObject({
    code: "TARGET_NOT_EMPTY",
    message: expect.stringContaining("public.somebodys already") as string,
  });
  expect(await query(scratch, OBJECTS)).toEqual([{ objects: 1 }]);
});

test("what is not there, or of several points, is refused", async () => {
  const { drill, made, original, policy, world } = await archived(server, SHOP, SHOP_CLASSES, ["people", "money"]);
  await expect(drill({ classes: ["rest"] })).rejects.toMatchObject({ code: "ARCHIVE_NOT_FOUND" });
  await made.capture(original, policy);
  await archiveNewest(world, "rest");
  await expect(drill()).rejects.toMatchObject({ code: "ARCHIVE_MIXED" });
  expect(await drill({ classes: ["people", "money"] })).toMatchObject({ classes: ["money", "people"] });
});

test("it is recorded as a drill of the archive, which is none of a point: neither for the policy nor for estimates", async () => {
  const story = await RetentionHistory.begin(1);
  const { evidence } = story;
  const { drill, id } = await archived(server, ROWS);
  const entry = archiveDrillEntry({ ...(await drill()), database: "shop", plainBytes: 1e9, restoreMs: 60_000 });
  expect(entry).toMatchObject({ act: "drill", part: { store: "archive", id }, tables: 2, rows: 101 });
  await appendRecord(story.audit(), entry);
  const { vault, clock } = story.history.made;
  const choice = await chooseDrill(evidence, POLICY, await listPoints(vault.hot), clock.now());
  expect(choice).toMatchObject({
    point: { id: "p0" },
    missed: new Map([["shop", expect.stringContaining("no point")]]),
  });
  expect(await measuredRate(evidence)).toBeUndefined();
});
