import { describe, expect, test } from "vitest";
import { freshDatabase, type PostgresMajor, postgresMajors, testServer } from "../postgres.ts";
import { type ChainRun, runChain } from "./chain/chain-run.ts";

/**
 * LASTGOOD_CHAIN_SEEDS=20 runs seeds 1 to 20 with 30 points each on both majors (about 15 minutes); LASTGOOD_CHAIN_SEED=7
 * runs that seed alone in the same way. Without them a few short runs.
 */
const many = Number(process.env["LASTGOOD_CHAIN_SEEDS"] ?? 0);
const one = Number(process.env["LASTGOOD_CHAIN_SEED"] ?? 0);
const LONG = { points: 30, seeds: one > 0 ? [one] : Array.from({ length: many }, (_, i) => i + 1) };
const SHORT: Readonly<Record<number, readonly number[]>> = { 15: [1], 18: [2, 3] };

const RUN_MS_MAX = 900_000; // 30 points take a minute on two idle cores.

const runs = (major: PostgresMajor) => (LONG.seeds.length > 0 ? LONG : { points: 12, seeds: SHORT[major] ?? [] });

describe.each(postgresMajors.filter((major) => major === 15 || major === 18))("PostgreSQL %i", (major) => {
  const server = testServer(major);
  const { points, seeds } = runs(major);

  test.each(seeds)(
    `every one of ${points} points taken under writers is what was there: seed %i`,
    async (seed) => {
      const run = await runChain(await freshDatabase(server), { seed, points });
      expect(run.taken).toHaveLength(points);
      // A run in which nothing happened would prove nothing.
      const tables = run.taken.flatMap(({ report }) => report.tables);
      const deltas = tables.filter(({ taken, changedRows }) => taken === "delta" && changedRows > 0);
      expect(deltas.length).toBeGreaterThan(2 * points);
      expect(deltas.filter(({ day }) => day !== undefined).length).toBeGreaterThan(points / 2);
      expect(run.daysLeft).toBeGreaterThan(0);
      expect(run.done.get("commit prepared") ?? 0).toBeGreaterThan(0);
      if (points > 12) expect(run.removed.length).toBeGreaterThan(0);
      if (process.env["LASTGOOD_CHAIN_TELL"] !== undefined) tell(seed, run);
    },
    RUN_MS_MAX,
  );
});

/** What a run was made of, for whoever wonders what a green one has shown. */
const tell = (seed: number, { taken, removed, daysLeft, done }: ChainRun): void => {
  const ways = Map.groupBy(
    taken.flatMap(({ report }) => report.tables.map((table) => table.taken)),
    (way) => way,
  );
  const retakes = taken.reduce((sum, point) => sum + point.retakes, 0);
  const told = {
    seed,
    removed: removed.length,
    daysLeft,
    retakes,
    ways: [...ways].map(([way, all]) => `${way}: ${all.length}`),
  };
  console.log(JSON.stringify({ ...told, done: Object.fromEntries(done) }));
};
