import { expect, test } from "vitest";
import { lookAtPoint } from "../../lib/operations/points.ts";
import { freshDatabase, testServer } from "../postgres.ts";
import { expectExactly, howTaken, run } from "./chain/expect-point.ts";
import { openSubject, type TakenPoint } from "./chain/subject.ts";

const server = testServer(18);

/**
 * Pages hold 8 MiB of keys, so keys of 8 KB fill several of them with few rows; the server compresses them in its index.
 * The first column of `alone` tells every row from the next; that of `shared` is the same for 120 rows, so that no page
 * of it begins where a server could tell by the first column.
 */
const SET_UP = [
  "CREATE TABLE alone (id text PRIMARY KEY, v text); CREATE TABLE shared (id text, n int, v text, PRIMARY KEY (id, n))",
  "INSERT INTO alone SELECT repeat(md5(i::text), 250), 'row ' || i FROM generate_series(1, 2600) i",
  "INSERT INTO shared SELECT repeat(md5((i % 22)::text), 250), i, 'row ' || i FROM generate_series(1, 2600) i",
];

/** One change a round, for both tables; `which` is a first hex digit, and so a part of the keys' order. */
const ROUNDS: readonly ((table: string, fresh: (i: string) => string) => string)[] = [
  (table) => `UPDATE ${table} SET v = 'changed' WHERE id < '1' OR id > 'f'`,
  (table) => `DELETE FROM ${table} WHERE id LIKE '8%'`,
  (table, fresh) => `INSERT INTO ${table} SELECT ${fresh("i + 10000")}, 'new' FROM generate_series(1, 60) i`,
  (table, fresh) =>
    `DELETE FROM ${table} WHERE id LIKE 'c%'; INSERT INTO ${table} SELECT ${fresh("i + 20000")}, 'newer' FROM generate_series(1, 60) i`,
  (table) => `UPDATE ${table} SET id = overlay(id placing 'zz' from 1) WHERE id LIKE '3%'`,
  (table) => `DELETE FROM ${table} WHERE id > '4'`,
];

test("changes in one part of the keys leave all others as they were, over many pages and ranges", async () => {
  const url = await freshDatabase(server);
  const subject = await openSubject();
  await run(url, ...SET_UP);
  const first = await subject.take(url);
  const { parts } = await lookAtPoint(subject.vault, first.report.point.id);
  // Where the cuts lie depends on a secret of the vault.
  const [alone, shared] = parts[0]?.tables ?? [];
  expect(alone?.layers[0]?.pages.length).toBeGreaterThan(1);
  expect(alone?.ranges).toHaveLength(alone?.layers[0]?.pages.length ?? 0);
  expect(shared?.layers[0]?.pages.length).toBeGreaterThan(1);
  expect(shared?.ranges.length).toBeLessThan(shared?.layers[0]?.pages.length ?? 0);
  let left: TakenPoint[] = [first];
  for (const [round, change] of ROUNDS.entries()) {
    await run(
      url,
      change("alone", (i) => `repeat(md5((${i})::text), 250)`),
      change("shared", (i) => `repeat(md5(((${i}) % 29)::text), 250), ${i}`),
    );
    const point = await subject.take(url, { lanes: 1 + (round % 2) });
    expect([howTaken(point, "alone"), howTaken(point, "shared")]).toEqual(["delta", "delta"]);
    left.push(point);
    if (round % 2 === 0) continue;
    const leaving = left[round % 4 === 1 ? 0 : 1] as TakenPoint;
    await subject.remove([leaving.report.point.id]);
    left = left.filter((one) => one !== leaving);
  }
  for (const one of left) await expectExactly(subject, url, one);
});
