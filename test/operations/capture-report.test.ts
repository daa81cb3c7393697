import { expect, test } from "vitest";
import { Vault } from "../../lib/engine/vault.ts";
import { memoryStore } from "../../lib/local/memory-store.ts";
import { systemEntropy } from "../../lib/local/system-entropy.ts";
import { type CaptureReport, captureDatabase, captureReportOf } from "../../lib/operations/capture.ts";
import { lookAtPoint } from "../../lib/operations/points.ts";
import { type TableTaken, tablesTaken } from "../../lib/operations/tables-taken.ts";
import { postgresSource } from "../../lib/postgres/source.ts";
import { inProcessLanes } from "../e2e/in-process-lanes.ts";
import { manualClock } from "../faults/manual-clock.ts";
import { memoryKeys } from "../local/memory-keys.ts";
import { DAY_MS, dataClass, policyOf, term } from "../policy/made-policy.ts";
import { freshDatabase, query, testServer } from "../postgres.ts";

const server = testServer(18);

test("what a capture told of its tables is told again from its point, a table of many days once", async () => {
  const url = await freshDatabase(server);
  await query(
    url,
    `CREATE TABLE orders (id integer PRIMARY KEY); INSERT INTO orders SELECT generate_series(1, 5);
     CREATE TABLE views (id integer PRIMARY KEY, at timestamptz);
     INSERT INTO views SELECT i, timestamptz '2026-11-18 12:00Z' + i % 3 * interval '1 day' FROM generate_series(1, 90) i`,
  );
  const clock = manualClock(Date.parse("2026-11-20T10:00:00Z"));
  const stores = { hot: memoryStore(clock), keys: memoryStore(clock) };
  const vault = await Vault.openOrCreate(stores, memoryKeys(), systemEntropy);
  const source = await postgresSource(url);
  const policy = policyOf(
    [
      dataClass("raw", "P28D", { tables: ["public.views"], rowAge: { column: "at", max: term("P3D") } }),
      dataClass("orders", "P28D"),
    ],
    { databases: [source.database] },
  );
  const take = (): Promise<CaptureReport> =>
    captureDatabase(
      {
        vault,
        source,
        clock,
        progress: () => {},
        warn: () => {},
        signal: new AbortController().signal,
        openLanes: inProcessLanes({ source, store: stores.hot, entropy: systemEntropy }, 2),
      },
      { tier: "hot", base: false, policy },
    );
  const toldAgain = async ({ point }: CaptureReport): Promise<readonly TableTaken[]> =>
    tablesTaken(captureReportOf(point, (await lookAtPoint(vault, point.id)).parts).tables);

  const first = await take();
  const [orders, views] = tablesTaken(first.tables);
  expect(orders).toMatchObject({ name: "orders", rows: 5, parts: 1, partsWhole: 1, taken: "first capture" });
  expect(views).toMatchObject({ name: "views", rows: 90, parts: 4, partsWhole: 4, changedRows: 90, goneRows: 0 });
  expect(await toldAgain(first)).toEqual([orders, views]);

  await clock.advance(DAY_MS);
  await query(
    url,
    "DELETE FROM views WHERE id = 1; UPDATE views SET at = at WHERE id = 2; INSERT INTO views VALUES (100, '2026-11-21 09:00Z')",
  );
  const second = await take();
  const told = tablesTaken(second.tables);
  expect(told).toMatchObject([
    { name: "orders", taken: "delta", partsWhole: 0, changedRows: 0 },
    { name: "views", rows: 60, taken: "first capture", parts: 4, partsWhole: 1, changedRows: 2, goneRows: 1 },
  ]);
  expect(await toldAgain(second)).toEqual(told);
});
