import { beforeAll, describe, expect, test } from "vitest";
import { freshDatabase, postgresMajors, testServer } from "../postgres.ts";
import { CHANGES, CREATE, FILL } from "./chain/changes.ts";
import { howTaken, run } from "./chain/expect-point.ts";
import { rebuiltState } from "./chain/rebuild.ts";
import { openSubject, type TakenPoint } from "./chain/subject.ts";
import type { SeenState } from "./chain/witness.ts";

const SET_UP = "CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false)";

const tableOf = (i: number): string => `t${i}`;
const named = (sql: string, i: number): string =>
  sql.replaceAll(/\b(z_)?t(_pkey|_mood|_felt|_spot|_named|_renamed)?\b/g, `$1${tableOf(i)}$2`);

interface Taken {
  readonly point: TakenPoint;
  readonly rebuilt: SeenState;
}

describe.each(postgresMajors.filter((major) => major === 15 || major === 18))("PostgreSQL %i", (major) => {
  const server = testServer(major);
  let before: Taken;
  let after: Taken;

  // One database has a table for each change, so that two captures serve them all.
  beforeAll(async () => {
    const url = await freshDatabase(server);
    const subject = await openSubject();
    const rebuilt = async (point: TakenPoint): Promise<Taken> => ({
      point,
      rebuilt: await rebuiltState(subject.vault, point.report.point.id, url),
    });
    await run(url, SET_UP);
    for (const [i, { create = CREATE, fill = FILL }] of CHANGES.entries())
      await run(url, named(create, i), named(fill, i));
    const first = await subject.take(url);
    before = await rebuilt(first);
    for (const [i, { change }] of CHANGES.entries())
      for (const statement of change) await run(url, named(statement, i));
    after = await rebuilt(await subject.take(url));
    // Read again: what the second capture and its writers did must not have touched the first point.
    before = await rebuilt(first);
  });

  test.each(CHANGES.map((change, i) => [change.what, change.taken, i] as const))(
    "after %s the table is taken as: %s",
    (_, taken, i) => {
      const table = tableOf(i);
      expect(howTaken(after.point, table)).toBe(taken);
      for (const { point, rebuilt } of [before, after]) {
        expect(rebuilt[`public.${table}`]).toBeDefined();
        expect(rebuilt[`public.${table}`]).toEqual(point.seen[`public.${table}`]);
      }
    },
  );

  test("both points are what the witness saw, table by table, and nothing was warned of", () => {
    for (const { point, rebuilt } of [before, after]) {
      expect(rebuilt).toEqual(point.seen);
      expect(point.warnings).toEqual([]);
    }
    expect(Object.keys(after.rebuilt).length).toBeGreaterThan(CHANGES.length);
  });

  test("a renamed table goes on under its new name", () => {
    const renamed = CHANGES.findIndex(({ what }) => what.startsWith("a new table that took its name"));
    expect(howTaken(after.point, `z_${tableOf(renamed)}`)).toBe("delta");
  });
});
