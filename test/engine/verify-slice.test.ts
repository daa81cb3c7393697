import { expect, test } from "vitest";
import { getPointObject } from "../../lib/engine/points.ts";
import { type SliceReport, verify, verifySlice } from "../../lib/engine/verify.ts";
import type { Point } from "../../lib/model/point.ts";
import type { ObjectStore } from "../../lib/ports/object-store.ts";
import { namesIn } from "./memory-vault.ts";
import { sweepWorldOf, type VaultHistory, vaultHistory } from "./vault-history.ts";

const ID = "p3";

const pointOf = async ({ stores }: VaultHistory): Promise<Point> =>
  (await getPointObject(stores.hot, `points/${ID}/000001.json`)) as Point;

/** All slices of all lanes, each stopped after so many looks. */
const slices = async (
  history: VaultHistory,
  { lanes, looksMax, hot = history.stores.hot }: { lanes: number; looksMax: number; hot?: ObjectStore },
): Promise<readonly SliceReport[]> => {
  const vault = await history.reopen(hot);
  const world = { ...sweepWorldOf(history.stores, history.clock), vault };
  const point = await pointOf(history);
  const reports: SliceReport[] = [];
  for (let lane = 0; lane < lanes; lane++) {
    for (let from: number | undefined = 0; from !== undefined; ) {
      let looks = 0;
      const report: SliceReport = await verifySlice(world, {
        point,
        lane,
        lanes,
        from,
        enough: () => ++looks >= looksMax,
      });
      reports.push(report);
      expect(looks).toBeLessThanOrEqual(looksMax);
      from = report.next;
    }
  }
  return reports;
};

const sumOf = (reports: readonly SliceReport[], field: "tables" | "rows" | "objects" | "bytes"): number =>
  reports.reduce((sum, report) => sum + report[field], 0);

test.each([
  [1, 1_000],
  [1, 1],
  [3, 2],
  [7, 1],
  [64, 1],
])("%i lanes that stop after %i looks read every row, chunk and table of a point once", async (lanes, looksMax) => {
  const history = await vaultHistory();
  const { vault, clock, stores } = history;
  const whole = await verify({ ...sweepWorldOf(stores, clock), vault }, { level: "read", points: [ID] });
  const reports = await slices(history, { lanes, looksMax });
  expect(reports.flatMap((report) => report.problems)).toEqual([]);
  expect(sumOf(reports, "rows")).toBe(whole.rows);
  expect(sumOf(reports, "tables")).toBe(whole.tables);
  if (looksMax === 1) expect(reports.length).toBeGreaterThan(lanes);
});

test("whatever object of a point is gone or changed, some lane finds it", async () => {
  const history = await vaultHistory({ points: 4, rows: 30 });
  const { clock, stores } = history;
  const names = [...(await namesIn(stores.hot, "chunks/")), ...(await namesIn(stores.hot, "pages/"))];
  const world = sweepWorldOf(stores, clock);
  const spoiled = (name: string, how: "gone" | "changed"): ObjectStore => ({
    ...stores.hot,
    head: async (wanted) => (wanted === name && how === "gone" ? undefined : stores.hot.head(wanted)),
    async get(wanted, range) {
      const bytes = await stores.hot.get(wanted, range);
      if (wanted !== name) return bytes;
      if (how === "gone") return undefined;
      bytes?.writeUInt8((bytes.at(-1) as number) ^ 1, bytes.length - 1);
      return bytes;
    },
  });
  let found = 0;
  for (const name of names) {
    for (const how of ["gone", "changed"] as const) {
      const hot = spoiled(name, how);
      const whole = await verify({ ...world, vault: await history.reopen(hot) }, { level: "read", points: [ID] });
      const problems = (await slices(history, { lanes: 3, looksMax: 2, hot })).flatMap((report) => report.problems);
      expect(problems.length > 0, `${name} ${how}`).toBe(whole.problems.length > 0);
      const objects = new Set(problems.map((problem) => problem.object));
      for (const problem of whole.problems) expect([...objects], `${name} ${how}`).toContain(problem.object);
      if (whole.problems.length > 0) found++;
    }
  }
  expect(found).toBeGreaterThan(20);
});
