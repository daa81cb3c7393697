import { describe, expect, test } from "vitest";
import { freshDatabase, postgresMajors, query, testServer } from "../../postgres.ts";
import { psql } from "./psql.ts";
import { restoreVault } from "./restore-world.ts";
import { CONTENT, SHOP } from "./shop.ts";

describe.each(postgresMajors.filter((major) => major === 15 || major === 18))("PostgreSQL %i", (major) => {
  const server = testServer(major);
  const shop = async () => {
    const original = await freshDatabase(server);
    await query(original, SHOP);
    const vault = await restoreVault();
    await vault.capture(original);
    return { ...vault, original };
  };

  test("psql loads the stream, and every row, key and index is as it was", async () => {
    const vault = await shop();
    await query(
      vault.original,
      "DELETE FROM shop.child WHERE id = 3; UPDATE shop.keyless SET t = E'\\\\.' WHERE n = 2",
    );
    await vault.capture(vault.original);
    const sql = await vault.sql();
    expect(sql.toString("utf8").split("\n")[0]).toMatch(/^-- Restore point \d{8}T\d{6}Z-[0-9a-f]{6} of database test_/);
    const copy = await freshDatabase(server);
    await psql(copy, sql);
    expect(await query(copy, CONTENT)).toEqual(await query(vault.original, CONTENT));
  });

  test("a stream that was cut short loads nothing", async () => {
    const vault = await shop();
    const sql = await vault.sql();
    const copy = await freshDatabase(server);
    await psql(copy, sql.subarray(0, sql.indexOf("COPY ") + 500)).catch(() => undefined);
    expect(await query(copy, "SELECT to_regnamespace('shop') AS shop")).toEqual([{ shop: null }]);
  });

  test("a right of a role that is not there is passed over, not an error", async () => {
    const vault = await shop();
    await query(
      vault.original,
      `CREATE ROLE "o'brien"; GRANT SELECT ON shop.users TO "o'brien"; GRANT SELECT ON shop.users TO pg_monitor`,
    );
    await vault.capture(vault.original);
    await query(vault.original, `DROP OWNED BY "o'brien"; DROP ROLE "o'brien"`);
    const copy = await freshDatabase(server);
    await psql(copy, await vault.sql());
    const may = "SELECT has_table_privilege('pg_monitor', 'shop.users', 'SELECT') AS may";
    expect(await query(copy, may)).toEqual([{ may: true }]);
  });

  test("a stream holds the tables of its scope and what they need", async () => {
    const vault = await shop();
    const copy = await freshDatabase(server);
    const sql = await vault.sql({ schemas: [], tables: ["shop.users", "shop.events"] });
    await psql(copy, sql);
    expect(await query(copy, "SELECT count(*)::int AS n FROM shop.users")).toEqual([{ n: 300 }]);
    expect(sql.toString("utf8").match(/^ANALYZE.*$/gm)).toEqual([`ANALYZE "shop"."users";`, "ANALYZE shop.events;"]);
  });
});
