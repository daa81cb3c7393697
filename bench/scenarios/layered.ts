import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Bench } from "../bench.ts";
import { apply, CHANGES } from "../changes.ts";
import { type Dataset, lookAt, makeDataset } from "../dataset.ts";
import { sql } from "../sql.ts";

/** A base and 27 deltas: four weeks of daily captures. */
export const LAYERS = 28;
const SIZE_SHARE = 0.1;
const SIZE_BYTES_MIN = 2e7;
const DATABASE = "layered";

export interface Chain {
  readonly repository: string;
  readonly dataset: Dataset;
}

/** A smaller database with a point for each of 28 days, 1 % of the rows changed between, scattered. */
export const makeChain = async (bench: Bench): Promise<Chain> => {
  const { server, options } = bench;
  const repository = chainRepository(bench);
  await bench.peers.lastgood.prepare(repository);
  const sizeBytes = Math.max(SIZE_BYTES_MIN, options.sizeBytes * SIZE_SHARE);
  bench.say(`generating ${Math.round(sizeBytes / 1e6)} MB for ${LAYERS} layers`);
  const dataset = await makeDataset(server, DATABASE, sizeBytes);
  const scattered = CHANGES.find(({ name }) => name === "1 % changed, scattered");
  if (scattered === undefined) throw new TypeError("there is no scattered change");
  for (let layer = 1; layer <= LAYERS; layer++) {
    if (layer > 1) await apply(dataset.url, scattered.statements(layer, dataset.rows));
    const before = bench.peers.lastgood.storedBytes(repository);
    const usage = await bench.peers.lastgood.captureOf(dataset.url, repository);
    if (layer === 1) continue;
    const storedBytes = bench.peers.lastgood.storedBytes(repository) - before;
    const facts = { step: "capture of one layer", tool: "Lastgood", run: layer - 1, tableBytes: dataset.tableBytes };
    bench.record({ ...usage, ...facts, storedBytes });
  }
  return { repository, dataset };
};

/** The chain that an earlier scenario of this run left, or a new one. */
export const findChain = async (bench: Bench): Promise<Chain> => {
  const repository = chainRepository(bench);
  const [there] = await sql(bench.server.url("postgres"), `SELECT 1 FROM pg_database WHERE datname = '${DATABASE}'`);
  if (!existsSync(repository) || there === undefined) return makeChain(bench);
  const sizeBytes = Math.max(SIZE_BYTES_MIN, bench.options.sizeBytes * SIZE_SHARE);
  return { repository, dataset: await lookAt(bench.server, DATABASE, sizeBytes) };
};

/** Takes the chain and its database away. */
export const removeChain = async (bench: Bench): Promise<void> => {
  rmSync(chainRepository(bench), { recursive: true, force: true });
  await sql(bench.server.url("postgres"), `DROP DATABASE IF EXISTS ${DATABASE} WITH (FORCE)`);
};

const chainRepository = (bench: Bench): string => join(bench.server.directory, "layered-chain");
