import { describe, expect, test } from "vitest";
import { listPoints } from "../../../lib/engine/points.ts";
import type { Part, Point } from "../../../lib/model/point.ts";
import { freshDatabase, type PostgresMajor, testServer } from "../../postgres.ts";
import { AGED_TABLES, agedShop, rowsOf } from "./aged-shop.ts";
import { psql } from "./psql.ts";
import { rewritten, spied, WHOLE } from "./restore-world.ts";

const EARLIER = "2026-11-19";

/** Every table of a copy holds what the original has of days from a first one on. */
const expectSame = async (copy: string, original: string, from: string, schema = "public") => {
  for (const table of AGED_TABLES)
    expect([table, await rowsOf(copy, table, { schema })]).toEqual([table, await rowsOf(original, table, { from })]);
};

describe.each([15, 18] satisfies readonly PostgresMajor[])("PostgreSQL %i", (major) => {
  const server = testServer(major);

  test("a table in slices comes back as one table with all rows of the point, whoever shares the work", async () => {
    const vault = await agedShop(server);
    for (const lanes of [1, 3]) {
      const copy = await freshDatabase(server);
      const report = await vault.restore(copy, WHOLE, { lanes });
      // Five tables, two partitions of a sixth, and the one that is not in slices.
      expect(report.tables).toBe(8);
      await expectSame(copy, vault.original, EARLIER);
    }
  });

  test("a plan names a table in slices once, with its days, and says which rows are not in the point", async () => {
    const vault = await agedShop(server);
    const plan = await vault.plan(await freshDatabase(server));
    expect(plan.refusals).toEqual([]);
    expect(plan.tables.map(({ class: name, name: table, days }) => [name, table, days])).toEqual([
      ["plain", "plain", undefined],
      ["raw", "clocks", ["2026-11-19", "2026-11-20", "2026-11-21"]],
      ["raw", "days", ["2026-11-19", "2026-11-20", "2026-11-21"]],
      ["raw", "instants", ["2026-11-19", "2026-11-20", "2026-11-21"]],
      ["raw", "keyless", ["2026-11-19", "2026-11-20", "2026-11-21"]],
      ["raw", "odd", ["2026-11-19", "2026-11-20", "2026-11-21"]],
      ["raw", "visits_early", ["2026-11-19"]],
      ["raw", "visits_late", ["2026-11-19", "2026-11-20", "2026-11-21"]],
    ]);
    expect(plan.notices).toContain("class raw: rows whose at is before 2026-11-19 were not captured");
    const planned = Object.fromEntries(plan.tables.map(({ name, rows }) => [name, rows]));
    for (const table of ["instants", "clocks", "days", "keyless", "odd", "plain"] as const)
      expect([table, planned[table]]).toEqual([
        table,
        (await rowsOf(vault.original, table, { from: EARLIER }))[0]?.["n"],
      ]);
  });
});

const server = testServer(18);

test("one table in slices comes back alone, and beside the live one", async () => {
  const vault = await agedShop(server);
  const copy = await freshDatabase(server);
  await vault.restore(copy, { schemas: [], tables: ["public.keyless", "public.visits"] });
  for (const table of ["keyless", "visits"] as const)
    expect(await rowsOf(copy, table)).toEqual(await rowsOf(vault.original, table, { from: EARLIER }));
  await vault.restore(vault.original, { schemas: [], tables: ["public.instants"], intoSchema: "rescue" });
  expect(await rowsOf(vault.original, "instants", { schema: "rescue" })).toEqual(
    await rowsOf(vault.original, "instants", { from: EARLIER }),
  );
});

test("SQL of a point has a table in slices once, and psql loads it", async () => {
  const vault = await agedShop(server);
  const sql = await vault.sql();
  const text = sql.toString("utf8");
  expect(text.match(/^COPY "public"\."instants" /gm)).toHaveLength(1);
  expect(text.match(/^ANALYZE "public"\."instants";$/gm)).toHaveLength(1);
  expect(text).toContain("\n-- class raw: rows whose at is before 2026-11-19 were not captured\n");
  const copy = await freshDatabase(server);
  await psql(copy, sql);
  await expectSame(copy, vault.original, EARLIER);
});

test("a point from which days have left comes back without them, and says so", async () => {
  const vault = await agedShop(server);
  await vault.remove("raw_2026-11-18", "raw_2026-11-19");
  const copy = await freshDatabase(server);
  const plan = await vault.plan(copy);
  expect(plan.refusals).toEqual([]);
  const left =
    "class raw: rows whose at is before 2026-11-19 were not captured, and those of 2026-11-19 have left since, by their age";
  expect(plan.notices).toContain(left);
  await vault.apply(copy, plan);
  await expectSame(copy, vault.original, "2026-11-20");
  const sql = await vault.sql();
  expect(sql.toString("utf8")).toContain(`\n-- ${left}\n`);
  const loaded = await freshDatabase(server);
  await psql(loaded, sql);
  await expectSame(loaded, vault.original, "2026-11-20");
  await vault.remove("raw_2026-11-20", "raw_2026-11-21");
  const later = await vault.plan(await freshDatabase(server));
  expect(later.refusals).toEqual([]);
  expect(later.notices).toContain(left.replace("of 2026-11-19", "of 2026-11-19 to 2026-11-21"));
  const one = await vault.plan(await freshDatabase(server), { schemas: [], tables: ["public.plain"] });
  expect(one.notices.filter((notice) => notice.includes("class raw"))).toEqual([]);
});

test("fails when the rows of no day yet are gone, with the tables that are there in part only", async () => {
  const vault = await agedShop(server);
  await vault.remove("raw");
  const gone = "part raw of point [^ ]+ expired at [^ ]+: it cannot be read any more";
  const named = await vault.plan(await freshDatabase(server), { schemas: [], tables: ["public.days"] });
  const partly = String.raw`public\.days \(but for 3 of its days\)`;
  expect(named.refusals.map(({ message }) => message)).toEqual([
    expect.stringMatching(`^table ${partly} is in no class that is left: ${gone}$`),
  ]);
  const whole = await vault.plan(await freshDatabase(server));
  expect(whole.refusals.map(({ code, message }) => `${code} ${message}`)).toEqual([
    expect.stringMatching(`^KEY_SHREDDED ${gone}$`),
    expect.stringMatching(`^KEY_SHREDDED gone with it: .*${partly}.*; name tables or schemas without them$`),
  ]);
  await expect(vault.sql()).rejects.toMatchObject({ code: "KEY_SHREDDED" });
  const other = await freshDatabase(server);
  await vault.restore(other, { schemas: [], tables: ["public.plain"] });
  expect(await rowsOf(other, "plain")).toEqual(await rowsOf(vault.original, "plain"));
});

test("a table in slices that outweighs all others is loaded by all lanes, slice by slice, and proven whole", async () => {
  const vault = await agedShop(server);
  const copy = await freshDatabase(server);
  const loads: string[] = [];
  const target = spied(copy, ({ name }, freeze) => void loads.push(`${name}${freeze ? " frozen" : ""}`));
  await vault.restore(copy, { schemas: [], tables: ["public.instants"] }, { lanes: 2, target });
  expect(loads).toEqual(["instants", "instants", "instants", "instants"]);
  expect(await rowsOf(copy, "instants")).toEqual(await rowsOf(vault.original, "instants", { from: EARLIER }));
});

test("one without a key is loaded by one, so that its rows lie slice by slice in their order", async () => {
  const vault = await agedShop(server);
  const copy = await freshDatabase(server);
  const loads: string[] = [];
  const target = spied(copy, ({ name }, freeze) => void loads.push(`${name}${freeze ? " frozen" : ""}`));
  await vault.restore(copy, { schemas: [], tables: ["public.keyless"] }, { lanes: 2, target });
  expect(loads).toEqual(["keyless frozen"]);
});

test.each([
  ["by one lane", 1],
  ["by several", 2],
])("fails when a slice lacks a layer, also where the table is loaded %s", async (_, lanes) => {
  const vault = await agedShop(server);
  const point = (await listPoints(vault.hot)).at(-1) as Point;
  const withoutDelta = (part: Part): Part => ({
    ...part,
    tables: part.tables.map((table) => ({ ...table, layers: table.layers.slice(0, 1) })),
  });
  await rewritten(vault, point, withoutDelta, "raw_2026-11-20");
  const restored = vault.restore(await freshDatabase(server), { schemas: [], tables: ["public.instants"] }, { lanes });
  await expect(restored).rejects.toMatchObject({
    code: "RESTORE_UNPROVEN",
    facts: { table: "public.instants" },
    message: expect.stringMatching(/the point has \d+ rows, its layers gave \d+/) as string,
  });
});
