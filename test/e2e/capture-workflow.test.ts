import { expect, test } from "vitest";
import { openInProcessWorkflow } from "../../lib/local/in-process-workflow.ts";
import { memoryStore } from "../../lib/local/memory-store.ts";
import { systemClock } from "../../lib/local/system-clock.ts";
import { systemEntropy } from "../../lib/local/system-entropy.ts";
import type { CaptureWorkerWorld } from "../../lib/operations/capture-worker.ts";
import { captureByWorkflow } from "../../lib/operations/capture-workflow.ts";
import { copyRanges } from "../../lib/operations/copy-ranges.ts";
import { holdCapture } from "../../lib/operations/hold-capture.ts";
import { openVault } from "../../lib/operations/open-vault.ts";
import { postgresSource } from "../../lib/postgres/source.ts";
import { memoryKeys } from "../local/memory-keys.ts";
import { freshDatabase, query, testServer } from "../postgres.ts";
import { rebuiltState } from "./chain/rebuild.ts";
import { witness } from "./chain/witness.ts";
import { A_DAY_LATER, SMALL_SHOP } from "./crash/small-shop.ts";

const server = testServer(18);
const LANES = 3;

test("captures over machines hold what an independent reader sees in PostgreSQL: the first, and what a day changed", async () => {
  const url = await freshDatabase(server);
  await query(url, SMALL_SHOP);
  const stores = { hot: memoryStore(systemClock), keys: memoryStore(systemClock) };
  const keys = memoryKeys();
  const world: CaptureWorkerWorld = {
    stores,
    keys,
    clock: systemClock,
    entropy: systemEntropy,
    source: () => postgresSource(url),
    warn: () => undefined,
    // Each table of some kilobytes in several ranges.
    ranges: { bytesMin: 4096, perLane: 8 },
  };
  const counts: unknown[] = [];
  const workflow = () =>
    openInProcessWorkflow({
      clock: systemClock,
      workers: {
        hold: (call, until) => holdCapture(world, call, until),
        copy: async (call, until) => {
          const answer = await copyRanges(world, call, until);
          counts.push(answer);
          return answer;
        },
      },
    });
  const capture = (run: string) =>
    captureByWorkflow(
      { workflow: workflow(), entropy: systemEntropy },
      { run, database: "shop", tier: "hot", lanes: LANES },
    );
  const first = await capture("hot-shop-1");
  const vault = await openVault({ stores, keys, entropy: systemEntropy });
  expect(await rebuiltState(vault, first.pointId, url)).toEqual(await witness(url));
  // Every lane had its share.
  expect(counts).toHaveLength(LANES);
  for (const answer of counts) expect(answer).toMatchObject({ result: { tasks: expect.any(Number) as number } });
  expect(counts.map((answer) => (answer as { result: { tasks: number } }).result.tasks > 1)).toEqual([
    true,
    true,
    true,
  ]);

  await query(url, A_DAY_LATER);
  const second = await capture("hot-shop-2");
  expect(await rebuiltState(vault, second.pointId, url)).toEqual(await witness(url));
  expect(second.storedBytes).toBeLessThan(first.storedBytes);
  const sessions = () =>
    query(url, "SELECT FROM pg_stat_activity WHERE application_name = 'lastgood' AND datname = current_database()");
  await expect.poll(sessions, { timeout: 20_000 }).toEqual([]);
});
