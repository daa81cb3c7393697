import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { copyTextRow } from "../../../lib/engine/values/copy-text-row.ts";
import { displayRow } from "../../../lib/engine/values/display-row.ts";
import { BINARY_RANGES, BINARY_SCALARS } from "../../../lib/model/binary-types.ts";
import { freshDatabase, postgresMajors, testServer } from "../../postgres.ts";
import { LITERALS } from "./literals.ts";
import { RANDOM_FIELDS } from "./random-fields.ts";
import { type CopySession, copySession, type Rows } from "./server-text.ts";

const RANDOM_VALUES = 3000;
const SEED = 20_261_121;
const SETUP_MS_MAX = 120_000;
const TYPES = [...BINARY_SCALARS, ...BINARY_RANGES];
const WIDE_ROWS = 40;

/** Compares byte for byte, and shows only the first row that differs: rows are many. */
const expectSameText = (oids: readonly number[], rows: Rows): number => {
  expect(rows.binary.length).toBe(rows.text.length);
  for (const [index, row] of rows.binary.entries()) {
    const ours = copyTextRow(oids, row);
    const theirs = rows.text[index] ?? Buffer.of();
    if (!ours.equals(theirs))
      expect([row.toString("hex"), String(ours)]).toEqual([row.toString("hex"), String(theirs)]);
  }
  return rows.binary.length;
};

/** Quoted, because bit and char alone would mean one bit and one blank-padded character. */
const declared = (name: string): string => `pg_catalog."${name}"`;

/** A table of the type's samples and a NULL, with ids from 1. */
const fill = async (session: CopySession, table: string, name: string): Promise<void> => {
  const literals = LITERALS[name] ?? [];
  await session.client.query(`CREATE TABLE "${table}" (id serial, v ${declared(name)})`);
  await session.client.query(
    `INSERT INTO "${table}" (v) SELECT u::${declared(name)} FROM unnest($1::text[]) u UNION ALL SELECT NULL`,
    [literals],
  );
};

describe.each(postgresMajors.filter((major) => major === 15 || major === 18))("PostgreSQL %i", (major) => {
  const server = testServer(major);
  let url = "";
  beforeAll(async () => {
    url = await freshDatabase(server);
  }, SETUP_MS_MAX);

  test.each(TYPES)("prints $name and its arrays exactly as we do", async ({ name, oid, arrayOid }) => {
    await using session = await copySession(url);
    await fill(session, name, name);
    const literals = LITERALS[name] ?? [];
    const random = RANDOM_FIELDS[name];
    if (random !== undefined) {
      await session.load(`"${name}" (v)`, fc.sample(random, { numRuns: RANDOM_VALUES, seed: SEED }));
    }
    const compared = expectSameText([oid], await session.copy(`SELECT v FROM "${name}"`));
    expect(compared).toBe(literals.length + 1 + (random === undefined ? 0 : RANDOM_VALUES));

    const few = `(SELECT v FROM "${name}" ORDER BY id LIMIT 300) few`;
    const arrays = await session.copy(
      `SELECT array_agg(v) FROM "${name}" GROUP BY id / 4
       UNION ALL SELECT array_fill(v, '{2,1,2}', '{0,-5,7}') FROM ${few}
       UNION ALL SELECT array_fill(v, '{3}', '{2147483640}') FROM ${few}
       UNION ALL SELECT ARRAY[[v, NULL], [NULL, v]] FROM ${few}
       UNION ALL SELECT '{}' UNION ALL SELECT NULL`,
    );
    expect(expectSameText([arrayOid], arrays)).toBeGreaterThan(literals.length / 2);
  });

  test("prints rows of all types at once exactly as we do, and both formats display alike", async () => {
    await using session = await copySession(url);
    const ids = `(SELECT generate_series(1, ${WIDE_ROWS}) AS id) ids`;
    for (const { name } of TYPES) await fill(session, `wide_${name}`, name);
    const joins = TYPES.map(({ name }) => `LEFT JOIN "wide_${name}" USING (id)`).join(" ");
    const columns = TYPES.map(({ name }) => `"wide_${name}".v`).join(", ");
    const rows = await session.copy(`SELECT ${columns} FROM ${ids} ${joins}`);
    const oids = TYPES.map(({ oid }) => oid);
    expect(expectSameText(oids, rows)).toBe(WIDE_ROWS);
    const named = TYPES.map(({ name, oid }) => ({ name, wireTypeOid: oid }));
    for (const [index, row] of rows.binary.entries()) {
      expect(displayRow(named, "binary", row)).toEqual(displayRow(named, "text", rows.text[index] ?? Buffer.of()));
    }
  });

  // 15 prints infinity as 2^31 months and days, which is what it means there, and "char" bytes that are not UTF-8.
  if (major < 17) return;
  test("prints infinite intervals and every byte of char exactly as we do", async () => {
    await using session = await copySession(url);
    expectSameText([1186], await session.copy("SELECT v::interval FROM unnest('{infinity,-infinity}'::text[]) v"));
    await session.client.query('CREATE TABLE bytes (v "char")');
    const every = Array.from({ length: 256 }, (_, byte) => Buffer.of(byte));
    await session.load("bytes (v)", every);
    expect(expectSameText([18], await session.copy("SELECT v FROM bytes"))).toBe(every.length);
    expect(expectSameText([1002], await session.copy("SELECT ARRAY[v] FROM bytes"))).toBe(every.length);
  });
});
