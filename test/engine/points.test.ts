import { expect, test } from "vitest";
import { removePoints } from "../../lib/engine/expire.ts";
import { findPoint, getPointObject, listPoints, pointGenerations, putPoint } from "../../lib/engine/points.ts";
import type { Point } from "../../lib/model/point.ts";
import type { ObjectStore } from "../../lib/ports/object-store.ts";
import { memoryVault } from "./memory-vault.ts";
import { foldWorldOf, vaultHistory } from "./vault-history.ts";

test("points come oldest first, each in its highest generation", async () => {
  const { vault } = await vaultHistory({ points: 3, rows: 5 });
  const [p0] = (await listPoints(vault.hot)) as readonly [Point];
  for (const generation of [2, 10]) await putPoint(vault.hot, { ...p0, generation });
  expect((await listPoints(vault.hot)).map(({ id, generation }) => [id, generation])).toEqual([
    ["p0", 10],
    ["p1", 1],
    ["p2", 1],
  ]);
  expect(await pointGenerations(vault.hot, "p0")).toHaveLength(3);
  await expect(putPoint(vault.hot, { ...p0, generation: 10 })).rejects.toMatchObject({ code: "OBJECT_EXISTS" });
});

test("a point that a fold moves to its next generation while points are listed is listed all the same", async () => {
  const { vault, clock } = await vaultHistory({ points: 3, rows: 20 });
  let folded = false;
  const hot: ObjectStore = {
    ...vault.hot,
    get: async (name, range) => {
      if (!folded && name.startsWith("points/p1/")) {
        folded = true;
        await removePoints(foldWorldOf(vault, clock), ["p0"]);
      }
      return vault.hot.get(name, range);
    },
  };
  const points = await listPoints(hot);
  expect(folded).toBe(true);
  expect(points.map(({ id, generation }) => [id, generation])).toEqual([
    ["p0", 1],
    ["p1", 2],
    ["p2", 2],
  ]);
});

test("a point is found by id, beginning, release or `latest`, and what is not clear is refused", async () => {
  const { vault } = await vaultHistory({ points: 2, rows: 5 });
  const [p0] = (await listPoints(vault.hot)) as readonly [Point];
  await putPoint(vault.hot, { ...p0, id: "q1", release: "v7", startedAt: p0.startedAt + 9e9 });
  const found = async (wanted: string) => (await findPoint(vault.hot, wanted)).id;
  expect([await found("latest"), await found("p1"), await found("q"), await found("v7")]).toEqual([
    "q1",
    "p1",
    "q1",
    "q1",
  ]);
  await expect(found("p")).rejects.toThrow("2 points fit");
  await expect(found("x")).rejects.toMatchObject({ code: "POINT_NOT_FOUND" });
  await expect(findPoint((await memoryVault("empty")).vault.hot, "latest")).rejects.toThrow(
    "the vault has no point: none was captured yet, or all have expired",
  );
});

test("fails when a whole point lies under another's name", async () => {
  const { vault } = await vaultHistory({ points: 1, rows: 5 });
  const bytes = (await vault.hot.get("points/p0/000001.json")) as Buffer;
  await vault.hot.put("points/p9/000001.json", [bytes]);
  await expect(getPointObject(vault.hot, "points/p9/000001.json")).rejects.toMatchObject({
    code: "OBJECT_CORRUPT",
    facts: { object: "points/p9/000001.json" },
  });
});
