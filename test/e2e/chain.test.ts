import { describe, expect, test } from "vitest";
import { freshDatabase, type PostgresMajor, postgresMajors, testServer } from "../postgres.ts";
import { runChain } from "./chain/chain-run.ts";

/**
 * LASTGOOD_CHAIN_SEEDS=20 runs seeds 1 to 20 with 30 points each on both majors (about 20 minutes); LASTGOOD_CHAIN_SEED=7
 * runs that seed alone in the same way. Without them a few short runs.
 */
const many = Number(process.env["LASTGOOD_CHAIN_SEEDS"] ?? 0);
const one = Number(process.env["LASTGOOD_CHAIN_SEED"] ?? 0);
const LONG = { points: 30, seeds: one > 0 ? [one] : Array.from({ length: many }, (_, i) => i + 1) };
const SHORT: Readonly<Record<number, readonly number[]>> = { 15: [1], 18: [2, 3] };

const runs = (major: PostgresMajor) => (LONG.seeds.length > 0 ? LONG : { points: 12, seeds: SHORT[major] ?? [] });

describe.each(postgresMajors.filter((major) => major === 15 || major === 18))("PostgreSQL %i", (major) => {
  const server = testServer(major);
  const { points, seeds } = runs(major);

  test.each(seeds)(`every one of ${points} points taken under writers is what was there: seed %i`, async (seed) => {
    const { taken, removed, done } = await runChain(await freshDatabase(server), { seed, points });
    expect(taken).toHaveLength(points);
    const how = taken.flatMap(({ report }) => report.tables.map((table) => table.taken));
    const deltas = taken.flatMap(({ report }) =>
      report.tables.filter((table) => table.taken === "delta" && table.changedRows > 0),
    );
    // A run in which nothing happened would prove nothing.
    expect(deltas.length).toBeGreaterThan(2 * points);
    expect(done.get("commit prepared") ?? 0).toBeGreaterThan(0);
    if (points > 12) expect(removed.length).toBeGreaterThan(0);
    if (process.env["LASTGOOD_CHAIN_TELL"] !== undefined)
      tell(
        seed,
        how,
        taken.map(({ retakes }) => retakes),
        done,
      );
  });
});

const tell = (
  seed: number,
  how: readonly string[],
  retakes: readonly number[],
  done: ReadonlyMap<string, number>,
): void => {
  const counts = Map.groupBy(how, (one) => one);
  console.log(seed, Object.fromEntries([...counts].map(([name, all]) => [name, all.length])), Object.fromEntries(done));
  console.log(`${retakes.reduce((sum, count) => sum + count, 0)} retakes`);
};
