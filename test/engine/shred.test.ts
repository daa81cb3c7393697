import { expect, test } from "vitest";
import { removeParts } from "../../lib/engine/expire-parts.ts";
import { isShredded, shreddedKeysThatStand, shredKey } from "../../lib/engine/shred.ts";
import { sweep } from "../../lib/engine/sweep.ts";
import { verify } from "../../lib/engine/verify.ts";
import { examine } from "../../lib/operations/doctor.ts";
import { faulty } from "../faults/faulty.ts";
import { ClassHistory } from "./class-history.ts";
import { namesIn } from "./memory-vault.ts";
import { foldWorldOf, sweepWorldOf } from "./vault-history.ts";

const standing = async (history: ClassHistory): Promise<readonly string[]> => {
  const names: string[] = [];
  for await (const name of shreddedKeysThatStand(history.made.stores.keys)) names.push(name);
  return names;
};

/** A part that was removed, and whose wrapped key somebody has put back from a copy. */
const restoredKey = async (): Promise<ClassHistory> => {
  const history = await ClassHistory.begin(2);
  const { stores, vault, clock } = history.made;
  const copy = (await stores.keys.get("parts/p0/people")) as Buffer;
  await removeParts(foldWorldOf(vault, clock), [{ point: "p0", classes: ["people"] }]);
  await stores.keys.put("parts/p0/people", [copy]);
  return history;
};

test("a key that was destroyed is never made again, and one that was put back is not read with", async () => {
  const history = await restoredKey();
  const { vault, stores } = history.made;
  await expect(vault.partKey("p0", "people")).rejects.toMatchObject({ code: "KEY_SHREDDED" });
  await expect(vault.partKeyOrMake("p0", "people")).rejects.toMatchObject({ code: "KEY_SHREDDED" });
  await stores.keys.delete("parts/p0/people");
  await expect(vault.partKeyOrMake("p0", "people")).rejects.toMatchObject({ code: "KEY_SHREDDED" });
  expect(await namesIn(stores.keys, "parts/p0/")).toEqual(["parts/p0/money", "parts/p0/rest"]);
});

test("verify and doctor name a key beside its tombstone, and a sweep destroys it again", async () => {
  const history = await restoredKey();
  const { vault, stores, clock } = history.made;
  expect(await standing(history)).toEqual(["parts/p0/people"]);
  const found = { code: "KEY_SHREDDED", object: "parts/p0/people" };
  expect((await verify(foldWorldOf(vault, clock), { level: "list" })).problems).toMatchObject([found]);
  expect((await verify(foldWorldOf(vault, clock), { level: "list", points: ["p1"] })).problems).toEqual([]);
  const findings = await examine({ source: undefined, openVault: () => Promise.resolve(vault), clock });
  expect(findings.filter(({ verdict }) => verdict === "warning").map(({ what }) => what)).toEqual([
    "1 destroyed key there again, as after a backup of the key store was put back: parts/p0/people",
  ]);
  await sweep(sweepWorldOf(stores, clock), { dryRun: false });
  expect(await standing(history)).toEqual([]);
  expect(await namesIn(stores.keys, "tombstones/")).toEqual(["tombstones/parts/p0/people"]);
});

test("a hold does not bring back what was destroyed before it", async () => {
  const history = await restoredKey();
  const { stores, clock } = history.made;
  const beforeDestroy = () => Promise.reject(new Error("never asked"));
  await sweep({ ...sweepWorldOf(stores, clock), beforeDestroy }, { dryRun: false });
  expect(await standing(history)).toEqual([]);
});

test("a shred that dies in either write leaves a tombstone, or a key that nothing was done to", async () => {
  for (const verb of ["put", "delete"] as const)
    for (const effect of [true, false]) {
      const { stores } = (await ClassHistory.begin(1)).made;
      const dying = faulty(stores.keys).stopAfter(verb, 1, { effect });
      await expect(shredKey(dying, "parts/p0/people", 7)).rejects.toThrow("stopped");
      const key = await stores.keys.head("parts/p0/people");
      expect(await isShredded(stores.keys, "parts/p0/people")).toBe(verb === "delete" || effect);
      if (key === undefined) expect([verb, effect]).toEqual(["delete", true]);
      expect(await shredKey(stores.keys, "parts/p0/people", 8)).toBe(key !== undefined);
      expect(await stores.keys.head("parts/p0/people")).toBeUndefined();
    }
});
