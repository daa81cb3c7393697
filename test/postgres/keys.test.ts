import { describe, expect, test } from "vitest";
import { KeyReader } from "../../lib/engine/key.ts";
import type { TableFacts } from "../../lib/model/table.ts";
import type { SourceReader } from "../../lib/ports/source-database.ts";
import { freshDatabase, postgresMajors, query, testServer } from "../postgres.ts";
import { framesOf, openBoth, openWriter } from "./source-fixture.ts";

const SEED = "-6148914691236517206";
const NEVER = "1099511627776";

/** Primary keys of every kind: type, and an expression of `i` (1 to 400) that gives distinct values. */
const KEYS: readonly (readonly [type: string, value: string])[] = [
  ["int2", "(i - 200)::int2"],
  ["int4", "CASE i WHEN 1 THEN -2147483648 WHEN 2 THEN 2147483647 ELSE (i - 200) * 1000003 END"],
  ["int8", "CASE i WHEN 1 THEN -9223372036854775808 ELSE (i - 200) * 10000000000000007 END"],
  [
    "date",
    "CASE i WHEN 1 THEN '-infinity' WHEN 2 THEN 'infinity' WHEN 3 THEN '4713-01-01 BC' ELSE date '1999-06-01' + i END",
  ],
  [
    "timestamp",
    "CASE i WHEN 1 THEN '-infinity' WHEN 2 THEN 'infinity' WHEN 3 THEN '4713-01-01 00:00:00.000001 BC' WHEN 4 THEN '294276-12-31 23:59:59.999999' ELSE timestamp '1999-12-31 23:59:59.999999' + (i - 200) * interval '86399.123457 s' END",
  ],
  ["timestamptz", "timestamptz '2000-01-01 00:00:00+00' + (i - 200) * interval '3601.000001 s'"],
  ["uuid", "md5(i::text)::uuid"],
  [
    "text",
    "CASE i WHEN 1 THEN '' WHEN 2 THEN 'Ünï''code\\x' WHEN 3 THEN '𝄞' WHEN 4 THEN 'zz' ELSE chr(60 + i) || repeat('é', i % 5) END",
  ],
  ['text COLLATE "C"', "md5(i::text)"],
  ["varchar(40)", "upper(md5(i::text))"],
  ["char(12)", "substr(md5(i::text), 1, 1 + i % 3) || i"],
  ["name", "md5(i::text)::name"],
  ["numeric", "CASE i WHEN 1 THEN 'NaN' ELSE (i - 200) * 1.50 END"],
  ["float8", "CASE i WHEN 1 THEN 'Infinity' WHEN 2 THEN 'NaN' ELSE (i - 200) / 7.0 END"],
  ["bytea", "sha256(i::text::bytea) || '\\x0000'"],
  ["bool", "i = 1"],
  ["oid", "(i::int8 * 10000000)::oid"],
  ["money", "(i - 200)::money"],
  ["inet", "('10.0.' || i / 256 || '.' || i % 256 || CASE WHEN i % 2 = 0 THEN '/24' ELSE '' END)::inet"],
  ["interval", "i * interval '1 day 00:00:01.5'"],
  ["time", "time '00:00' + i * interval '1.000001 s'"],
  ["timetz", "timetz '00:00+02' + i * interval '1.000001 s'"],
  ["bit varying(12)", "i::bit(12)::varbit"],
  ["macaddr", "('08:00:2b:01:02:' || lpad(to_hex(i % 256), 2, '0'))::macaddr"],
  ["pg_lsn", "('0/' || to_hex(i))::pg_lsn"],
  ["int4[]", "ARRAY[i % 7, i]"],
  ["int4range", "int4range(i, i + 5)"],
  ["jsonb", "to_jsonb(i)"],
  ['"char"', 'i::int4::"char"'],
  ["public.mood", "(CASE i WHEN 1 THEN 'sad' WHEN 2 THEN 'ok' ELSE 'happy' END)::public.mood"],
  ["public.code", "('c' || i)::public.code"],
];

/** Keys as the engine reads them from rows: bytes, bytes of the first column, and hash. */
const keysOf = async (frames: readonly Buffer[], table: TableFacts) => {
  const reader = new KeyReader(table.key ?? [], table.format, SEED);
  return frames.map((frame) => {
    reader.read(frame, 0, frame.length);
    const hash = (BigInt(reader.hash.hi) << 32n) | BigInt(reader.hash.lo);
    const hex = reader.bytes.toString("hex", 0, reader.length);
    return { hex, first: hex.slice(0, 2 * reader.firstColumnLength), hash };
  });
};

const expectKeysAgree = async (reader: SourceReader, table: TableFacts) => {
  const frames = await framesOf(reader.rows({ table }));
  const keys = await keysOf(frames, table);
  const hexes = keys.map((key) => key.hex);
  expect(frames.length).toBeGreaterThan(0);
  expect(hexes).toEqual([...hexes].sort());

  const firsts = [...new Set(keys.map((key) => key.first))];
  const starts = firsts.filter((_, i) => i % Math.ceil(firsts.length / 7) === 1);
  const digests = await reader.digests({ table, starts, seed: SEED, since: "3" });
  const ranges = [undefined, ...starts].map((from, i) => ({ from, to: starts[i] }));
  for (const [i, { from, to }] of ranges.entries()) {
    const within = keys.filter(
      (key) => (from === undefined || key.first >= from) && (to === undefined || key.first < to),
    );
    const sum = BigInt.asUintN(
      64,
      within.reduce((total, key) => total + key.hash, 0n),
    );
    expect(digests[i]).toEqual({ rows: within.length, sum, changedRows: within.length, changedSum: sum });
    const rows = await framesOf(reader.rows({ table, from, to }));
    expect((await keysOf(rows, table)).map((key) => key.hex)).toEqual(within.map((key) => key.hex));
  }
  const alone = { ...table, key: table.key?.map((column, position) => ({ ...column, position })) };
  const keyFrames = await framesOf(reader.keys({ table }));
  expect((await keysOf(keyFrames, alone)).map((key) => key.hex)).toEqual(hexes);
};

describe.each(postgresMajors.filter((major) => major === 15 || major === 18))("PostgreSQL %i", (major) => {
  const server = testServer(major);

  test("orders, ranges and hashes of every key type are what the engine makes of the rows", async () => {
    const url = await freshDatabase(server);
    await using writer = await openWriter(url);
    await writer.query("CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy')");
    await writer.query("CREATE DOMAIN code AS text CHECK (value <> '')");
    for (const [i, [type, value]] of KEYS.entries()) {
      const source = `SELECT DISTINCT ON (v) v::${type.replace(/ COLLATE.*/, "")} AS k, i FROM (SELECT ${value} AS v, i FROM generate_series(1, 120) i) s`;
      await writer.query(`CREATE TABLE binary_${i} (v int, k ${type} PRIMARY KEY)`);
      await writer.query(`INSERT INTO binary_${i} (k, v) ${source}`);
      // A column of a composite type makes the table text.
      await writer.query(`CREATE TABLE text_${i} (v int, k ${type} PRIMARY KEY, made_text binary_${i})`);
      await writer.query(`INSERT INTO text_${i} (k, v) ${source}`);
    }
    await using both = await openBoth(url);
    for (const [i, [type]] of KEYS.entries())
      for (const format of ["binary", "text"] as const) {
        const table = both.facts(`${format}_${i}`);
        expect(table.format, type).toBe(format);
        await expectKeysAgree(both.reader, table).catch((cause: unknown) => {
          throw new Error(`key of type ${type} in a ${format} table`, { cause });
        });
      }
  }, 60_000);

  test("keys of several columns in another order than the table's are ordered and hashed column by column", async () => {
    const url = await freshDatabase(server);
    await using writer = await openWriter(url);
    await writer.query("CREATE TABLE t (a text, b int, c uuid, d numeric, PRIMARY KEY (d, a, b))");
    await writer.query(
      "INSERT INTO t SELECT 'k' || i % 3, i, md5(i::text)::uuid, i % 10 FROM generate_series(1, 300) i",
    );
    await using both = await openBoth(url);
    expect(both.facts("t").key?.map((column) => [column.name, column.position, column.order])).toEqual([
      ["d", 3, "send"],
      ["a", 0, "text"],
      ["b", 1, "int4"],
    ]);
    await expectKeysAgree(both.reader, both.facts("t"));
  });

  test("text keys of a LATIN1 database are ordered and hashed as the UTF-8 that leaves it", async () => {
    const url = new URL(await freshDatabase(server));
    const name = `${url.pathname.slice(1)}_latin1`;
    await query(url.href, `CREATE DATABASE ${name} ENCODING LATIN1 LOCALE 'C' TEMPLATE template0`);
    url.pathname = name;
    await using writer = await openWriter(url.href);
    await writer.query("CREATE TYPE pair AS (a int, b int)");
    for (const table of ["plain (id text PRIMARY KEY, v int)", "other (id text PRIMARY KEY, v int, p pair)"]) {
      await writer.query(`CREATE TABLE ${table}`);
      await writer.query(
        `INSERT INTO ${table.slice(0, 5)} SELECT chr(160 + i % 90) || i, i FROM generate_series(1, 200) i`,
      );
    }
    await using both = await openBoth(url.href);
    expect(both.facts("plain")).toMatchObject({ format: "binary", key: [{ order: "send" }] });
    expect(both.facts("other")).toMatchObject({ format: "text", key: [{ order: "output" }] });
    for (const table of ["plain", "other"]) await expectKeysAgree(both.reader, both.facts(table));
  });

  test("a table whose keys nobody changed since has no changed rows, and an empty one has nothing", async () => {
    const url = await freshDatabase(server);
    await using writer = await openWriter(url);
    await writer.query("CREATE TABLE t (id int PRIMARY KEY)");
    await using empty = await openBoth(url);
    const nothing = { rows: 0, sum: 0n, changedRows: 0, changedSum: 0n };
    const asked = { table: empty.facts("t"), starts: [], seed: SEED };
    expect(await empty.reader.digests({ ...asked, since: "3" })).toEqual([nothing]);
    await writer.query("INSERT INTO t SELECT generate_series(1, 10)");
    await using full = await openBoth(url);
    expect(await full.reader.digests({ ...asked, since: NEVER })).toMatchObject([{ rows: 10, changedRows: 0 }]);
    expect(await full.reader.digests({ ...asked, since: full.view.snapshot.xmin })).toMatchObject([{ changedRows: 0 }]);
    expect(await full.reader.digests({ ...asked, since: empty.view.snapshot.xmin })).toMatchObject([
      { changedRows: 10 },
    ]);
  });

  test("splits cut a table into about equal ranges, in the order of its key", async () => {
    const url = await freshDatabase(server);
    await using writer = await openWriter(url);
    await writer.query("CREATE TABLE t (id uuid PRIMARY KEY, t text)");
    await writer.query("INSERT INTO t SELECT md5(i::text)::uuid, repeat('x', 100) FROM generate_series(1, 30000) i");
    await writer.query("CREATE TABLE small (id int PRIMARY KEY)");
    await writer.query("INSERT INTO small VALUES (1), (2)");
    await using both = await openBoth(url);
    const table = both.facts("t");
    const starts = await both.view.splits(table, 4);
    expect(starts).toHaveLength(3);
    expect(starts).toEqual([...starts].sort());
    const digests = await both.reader.digests({ table, starts, seed: SEED, since: NEVER });
    for (const digest of digests) expect(Math.abs(digest.rows - 7500)).toBeLessThan(2500);
    expect(await both.view.splits(both.facts("small"), 8)).toHaveLength(1);
  });
});
