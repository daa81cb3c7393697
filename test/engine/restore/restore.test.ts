import { describe, expect, test } from "vitest";
import { freshDatabase, postgresMajors, query, testServer } from "../../postgres.ts";
import { restoreVault } from "./restore-world.ts";
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
});
