import { describe, expect, test } from "vitest";
import { getPart } from "../../../lib/engine/points.ts";
import { freshDatabase, postgresMajors, query, testServer } from "../../postgres.ts";
import { restoreVault, spied, targetWith } from "./restore-world.ts";
import { CONTENT, SHOP } from "./shop.ts";

describe.each(postgresMajors.filter((major) => major === 15 || major === 18))("PostgreSQL %i", (major) => {
  const server = testServer(major);
  const shop = async (): Promise<string> => {
    const url = await freshDatabase(server);
    await query(url, SHOP);
    return url;
  };

  test("a whole restore gives every row, key, index, trigger and sequence back", async () => {
    const original = await shop();
    const vault = await restoreVault();
    await vault.capture(original);
    const copy = await freshDatabase(server);
    const report = await vault.restore(copy);
    expect(await query(copy, CONTENT)).toEqual(await query(original, CONTENT));
    expect(report).toMatchObject({ tables: 9, rows: 300 + 4000 + 500 + 10 + 10 + 50 + 3 + 3, proof: "full" });
    expect(report.phases.map(({ phase }) => phase)).toEqual([
      "making tables",
      "loading rows",
      "proving",
      "setting sequences",
      "building indexes",
      "analysing",
    ]);
  });

  test("rows captured as text and as binary, and merged from a base and its deltas, are all there", async () => {
    const original = await shop();
    const vault = await restoreVault();
    await vault.capture(original);
    await query(
      original,
      `ALTER TABLE shop.orders DISABLE TRIGGER touched;
       DELETE FROM shop.orders WHERE id % 50 = 0; UPDATE shop.orders SET price = -price WHERE id % 70 = 1;
       INSERT INTO shop.orders (user_id) SELECT 1 FROM generate_series(1, 20);
       ALTER TABLE shop.orders ENABLE TRIGGER touched;
       UPDATE shop."Odd ""name" SET z = 'later' WHERE "a b" = 'ü'; DELETE FROM shop."Odd ""name" WHERE "a b" = '';
       UPDATE shop.events SET day = day + 20 WHERE day < '2025-12-20';
       REFRESH MATERIALIZED VIEW shop.totals`,
    );
    const point = await vault.capture(original);
    const part = await getPart(vault.vault, point, point.parts[0] as (typeof point.parts)[number]);
    const taken = part.tables.map((table) => `${table.facts.name} ${table.facts.format} ${table.layers.length}`);
    expect(taken).toEqual(expect.arrayContaining(["orders binary 2", 'Odd "name text 2', "keyless binary 1"]));
    const copy = await freshDatabase(server);
    await vault.restore(copy);
    expect(await query(copy, CONTENT)).toEqual(await query(original, CONTENT));
  });

  test("a table that outweighs the others is loaded by several lanes at once, and proven all the same", async () => {
    const original = await freshDatabase(server);
    // 21 MB of keys: at least two pages wherever this vault's secret makes the cuts. A page holds up to 8 MB and a chunk.
    await query(
      original,
      `CREATE TABLE wide (id text PRIMARY KEY, n integer); CREATE TABLE narrow (n integer);
       INSERT INTO wide SELECT repeat(md5(i::text), 28), i FROM generate_series(1, 24000) i;
       INSERT INTO narrow SELECT generate_series(1, 100)`,
    );
    const vault = await restoreVault();
    await vault.capture(original);
    const copy = await freshDatabase(server);
    const loads: string[] = [];
    const target = spied(copy, (table, freeze) => loads.push(`${table.name} ${freeze}`));
    await vault.restore(copy, undefined, { lanes: 2, target });
    expect(loads.toSorted()).toEqual(["narrow true", "wide false", "wide false"]);
    const content = "SELECT count(*), md5(string_agg(id || n, '' ORDER BY n)) FROM wide";
    expect(await query(copy, content)).toEqual(await query(original, content));

    // Damage is found in whichever lane's share of the pages it lies.
    for (const damaged of ["SELECT min(ctid) FROM wide", "SELECT max(ctid) FROM wide"]) {
      const other = await freshDatabase(server);
      const shares: (number | undefined)[][] = [];
      const meddled = targetWith(other, (session) => ({
        async *rows(table, pages) {
          if (table.name === "wide") shares.push([pages?.from, pages?.to]);
          yield* session.rows(table, pages);
        },
        async pages(table) {
          const pages = await session.pages(table);
          // In its place: an UPDATE would move the row to the last page.
          await query(other, `DELETE FROM wide WHERE ctid = (${damaged})`);
          return pages;
        },
      }));
      await expect(vault.restore(other, undefined, { lanes: 2, target: meddled })).rejects.toMatchObject({
        code: "RESTORE_UNPROVEN",
        message: expect.stringContaining("24000 rows were loaded, the target has 23999") as string,
      });
      const half = Math.max(...shares.map(([from]) => from ?? 0));
      expect(half).toBeGreaterThan(0);
      expect(shares.toSorted(([a], [b]) => (a ?? 0) - (b ?? 0))).toEqual([
        [0, half],
        [half, undefined],
      ]);
    }
  });
});
