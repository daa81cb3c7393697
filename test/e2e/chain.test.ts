import { describe, expect, test } from "vitest";
import { freshDatabase, postgresMajors, testServer } from "../postgres.ts";
import { runChain } from "./chain/chain-run.ts";

const SEEDS = process.env["LASTGOOD_CHAIN_SEEDS"];
const seeds = SEEDS?.split(",").map(Number) ?? [1, 2];
const points = SEEDS === undefined ? 12 : 30;

describe.each(postgresMajors.filter((major) => major === 15 || major === 18))("PostgreSQL %i", (major) => {
  const server = testServer(major);

  test.each(seeds)("every point taken under writers is what was there: seed %i", async (seed) => {
    const { taken, done } = await runChain(await freshDatabase(server), { seed, points });
    expect(taken).toHaveLength(points);
    const how = taken.flatMap(({ report }) => report.tables.map((table) => table.taken));
    if (process.env["LASTGOOD_CHAIN_TELL"]) {
      const counts = new Map<string, number>();
      for (const one of how) counts.set(one, (counts.get(one) ?? 0) + 1);
      console.log(
        Object.fromEntries(counts),
        Object.fromEntries(done),
        taken.flatMap((one) => one.warnings),
      );
    }
    expect(how).toContain("delta");
  });
});
