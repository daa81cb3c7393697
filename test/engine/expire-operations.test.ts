import { expect, test } from "vitest";
import { expirePoints } from "../../lib/operations/expire.ts";
import { sweepVault } from "../../lib/operations/sweep.ts";
import { verifyVault } from "../../lib/operations/verify.ts";
import { namesIn } from "./memory-vault.ts";
import { foldWorldOf, reachableIn, sweepWorldOf, vaultHistory, wrongTables } from "./vault-history.ts";

test("expiring the oldest points leaves a vault that verifies and holds nothing else", async () => {
  const history = await vaultHistory();
  const world = foldWorldOf(history.vault, history.clock);
  const report = await expirePoints(world, ["p0", "p1", "p0"]);
  expect(report.removed).toEqual(["p0", "p1"]);
  expect(report.sweep.chunks.objects).toBeGreaterThan(0);
  expect(await namesIn(history.stores.hot)).toEqual(await reachableIn(history));
  expect(await wrongTables(history, ["p2", "p3"])).toEqual([]);
  expect(await verifyVault(world, { level: "read", wanted: "latest" })).toMatchObject({ points: 1, problems: [] });
  expect(await verifyVault(world, { level: "list" })).toMatchObject({ points: 2, problems: [] });
  const nothing = await sweepVault(sweepWorldOf(history.stores, history.clock), { dryRun: true });
  expect(nothing).toMatchObject({ pages: { objects: 0 }, chunks: { objects: 0 } });
});

test("fails when one of several points is unknown, and removes none", async () => {
  const history = await vaultHistory({ points: 2, rows: 20 });
  const before = await namesIn(history.stores.hot);
  const world = foldWorldOf(history.vault, history.clock);
  await expect(expirePoints(world, ["p0", "p7"])).rejects.toMatchObject({ code: "POINT_NOT_FOUND" });
  await expect(verifyVault(world, { level: "list", wanted: "p7" })).rejects.toMatchObject({ code: "POINT_NOT_FOUND" });
  expect(await namesIn(history.stores.hot)).toEqual(before);
});
