import { expect, test } from "vitest";
import { canonicalJson } from "../../lib/engine/canonical-json.ts";
import { getReceipt, signedBytes } from "../../lib/engine/receipt.ts";
import { signatureHolds } from "../../lib/engine/signature.ts";
import { Failure } from "../../lib/model/errors.ts";
import { findReceipt } from "../../lib/operations/receipt.ts";
import type { InstanceSnapshots } from "../../lib/ports/instance-snapshots.ts";
import type { ObjectStore } from "../../lib/ports/object-store.ts";
import type { Signature } from "../../lib/ports/signer.ts";
import { namesIn } from "../engine/memory-vault.ts";
import { counting } from "../faults/counting.ts";
import { faulty } from "../faults/faulty.ts";
import { pointsOf } from "./capture-machines.ts";
import { newScene, open, RELEASE, type Scene, SIGNER } from "./release-world.ts";

const HOUR_MS = 3_600_000;
const RECEIPT = "receipts/releases/shop/2026.11.3.json";
const CLAIM = "claims/releases/shop/2026.11.3.json";

/** The same release for another commit. */
const OTHER = { ...RELEASE, commit: "0badc0de" };

const codeOf = (act: Promise<unknown>): Promise<string> =>
  act.then(
    () => "opened",
    (error: unknown) => (error instanceof Failure ? error.code : String(error)),
  );

test("an opened release has an instance snapshot, a point that was read back, and a signed receipt of both", async () => {
  const scene = newScene();
  const began = scene.clock.now();
  const receipt = await open(scene);
  const [point] = await pointsOf(scene);
  expect(point).toMatchObject({ tier: "release", release: "2026.11.3", commit: "4f2c1d9", database: "shop" });
  expect(receipt).toMatchObject({
    format: 1,
    kind: "release receipt",
    ...RELEASE,
    vaultId: point?.vaultId,
    point: { id: point?.id, tables: 2, rows: 65, takenAt: point?.snapshot.takenAt },
    instanceSnapshot: { takenAt: expect.any(Number) as number, expiresAt: began + 14 * 24 * HOUR_MS },
    proof: { level: "read", rows: 65 },
    startedAt: began,
  });
  expect(scene.snapshots.ids()).toEqual([receipt.instanceSnapshot?.id]);
  expect(receipt.finishedAt).toBeGreaterThan(began);
  expect(signatureHolds(signedBytes(receipt), receipt.signature as Signature, await SIGNER.publicKey())).toBe(true);
});

test("the receipt lies in the evidence store as canonical JSON that anybody can verify", async () => {
  const scene = newScene();
  const receipt = await open(scene);
  const bytes = await scene.evidence.get(RECEIPT);
  const [line] = (bytes?.toString("utf8") ?? "").split("\n");
  expect(line).toBe(canonicalJson(receipt));
  expect(await namesIn(scene.evidence)).toEqual([CLAIM, RECEIPT]);
  expect(await findReceipt(scene.evidence, RELEASE)).toEqual(receipt);
});

test("fails the signature of a receipt in which one number was changed", async () => {
  const receipt = await open(newScene());
  const changed = { ...receipt, point: { ...receipt.point, rows: 66 } };
  expect(signatureHolds(signedBytes(changed), receipt.signature as Signature, await SIGNER.publicKey())).toBe(false);
});

test("the same release and commit again gives the same receipt and takes nothing", async () => {
  const scene = newScene();
  const first = await open(scene);
  const hot = counting(scene.stores.hot);
  const calls = { ...scene.snapshots.calls };
  expect(await open({ ...scene, stores: { ...scene.stores, hot } })).toEqual(first);
  expect(hot.counts.put.calls + hot.counts.get.calls).toBe(0);
  expect(scene.snapshots.calls).toEqual(calls);
});

test("fails with RELEASE_TAKEN for another commit, before anything is taken", async () => {
  const scene = newScene();
  await open(scene);
  const hot = counting(scene.stores.hot);
  const evidence = counting(scene.evidence);
  const refused = open({ ...scene, evidence, stores: { ...scene.stores, hot } }, OTHER);
  await expect(refused).rejects.toMatchObject({
    code: "RELEASE_TAKEN",
    message: "release 2026.11.3 of shop stands for commit 4f2c1d9, not 0badc0de",
  });
  expect(hot.counts.put.calls + evidence.counts.put.calls).toBe(0);
  expect(scene.snapshots.calls.start).toBe(1);
});

test("the same release of another database is another release", async () => {
  const scene = newScene();
  await open(scene);
  const other = { ...OTHER, database: "shop-2" };
  const receipt = await open(scene, other, { world: { instance: undefined } });
  expect(receipt).toMatchObject(other);
});

test("of two openings with different commits at once exactly one goes on", async () => {
  const scene = newScene();
  const codes = await Promise.all([codeOf(open(scene)), codeOf(open(scene, OTHER))]);
  expect(codes.toSorted()).toEqual(["RELEASE_TAKEN", "opened"]);
  const winner = codes[0] === "opened" ? RELEASE : OTHER;
  expect(await findReceipt(scene.evidence, RELEASE)).toMatchObject(winner);
  expect((await pointsOf(scene)).map(({ commit }) => commit)).toEqual([winner.commit]);
});

test("two openings with one commit at once end with one receipt, one point and one snapshot", async () => {
  const scene = newScene();
  const [one, two] = await Promise.all([open(scene), open(scene)]);
  expect(two).toEqual(one);
  expect((await pointsOf(scene)).map(({ id }) => id)).toEqual([one.point.id]);
  expect(scene.snapshots.ids()).toHaveLength(1);
});

/** Every write of an opening, by store. */
const writesOf = async (): Promise<Readonly<Record<"hot" | "keys" | "evidence", number>>> => {
  const scene = newScene(0);
  const hot = counting(scene.stores.hot);
  const keys = counting(scene.stores.keys);
  const evidence = counting(scene.evidence);
  await open({ ...scene, evidence, stores: { hot, keys } });
  return { hot: hot.counts.put.calls, keys: keys.counts.put.calls, evidence: evidence.counts.put.calls };
};

const withStore = (scene: Scene, name: "hot" | "keys" | "evidence", store: ObjectStore): Scene =>
  name === "evidence" ? { ...scene, evidence: store } : { ...scene, stores: { ...scene.stores, [name]: store } };

test("killed at any write, before or after its effect, and opened again, a release has one receipt and one point", async () => {
  const writes = await writesOf();
  expect(writes).toMatchObject({ keys: 2, evidence: 2 });
  expect(writes.hot).toBeGreaterThan(10);
  let kills = 0;
  for (const name of ["hot", "keys", "evidence"] as const) {
    for (let nth = 1; nth <= writes[name]; nth++) {
      for (const effect of [true, false]) {
        const label = `${name} ${nth} ${effect ? "after" : "before"}`;
        const scene = newScene(0);
        const store = name === "evidence" ? scene.evidence : scene.stores[name];
        const dying = faulty(store).stopAfter("put", nth, { effect });
        expect(await codeOf(open(withStore(scene, name, dying))), label).not.toBe("opened");
        dying.assertAllFaultsFired();
        const receipt = await open(scene);
        expect(
          (await pointsOf(scene)).map(({ id }) => id),
          label,
        ).toEqual([receipt.point.id]);
        expect(await namesIn(scene.evidence), label).toEqual([CLAIM, RECEIPT]);
        expect(await getReceipt(scene.evidence, RELEASE), label).toEqual(receipt);
        expect(scene.snapshots.ids(), label).toHaveLength(1);
        kills++;
      }
    }
  }
  expect(kills).toBe(2 * (writes.hot + writes.keys + writes.evidence));
});

/** An opening that dies right before its receipt. */
const dieBeforeReceipt = async (scene: Scene): Promise<void> => {
  const dying = faulty(scene.evidence).stopAfter("put", 2, { effect: false });
  expect(await codeOf(open({ ...scene, evidence: dying }))).not.toBe("opened");
};

test("what a dead try took stands for the release for an hour, and then for nothing", async () => {
  const scene = newScene(0);
  await dieBeforeReceipt(scene);
  const [point] = await pointsOf(scene);
  await scene.clock.advance(HOUR_MS / 2);
  expect((await open(scene)).point.id).toBe(point?.id);

  const late = newScene(0);
  await dieBeforeReceipt(late);
  await late.clock.advance(3 * HOUR_MS);
  await expect(open(late)).rejects.toMatchObject({ code: "RELEASE_STALE" });
  expect(await findReceipt(late.evidence, RELEASE)).toBeUndefined();
});

test("fails with RELEASE_STALE when the instance snapshot alone is of an old try", async () => {
  const scene = newScene(0);
  const capture = () => Promise.reject(new Failure("DATABASE_AUTH", "the server refused the password"));
  expect(await codeOf(open(scene, RELEASE, { world: { capture } }))).toBe("DATABASE_AUTH");
  expect(scene.snapshots.ids()).toHaveLength(1);
  await scene.clock.advance(3 * HOUR_MS);
  await expect(open(scene)).rejects.toMatchObject({
    code: "RELEASE_STALE",
    message: `snapshot ${scene.snapshots.ids()[0] ?? ""} was taken for release 2026.11.3 3 h ago, by a try that never ended`,
  });
});

/** Snapshots that never tell what time they show, as those of a cluster. */
const withoutTime = (snapshots: InstanceSnapshots): InstanceSnapshots => ({
  start: (request) => snapshots.start(request),
  delete: (instance, id) => snapshots.delete(instance, id),
  async describe(instance, id) {
    const snapshot = await snapshots.describe(instance, id);
    if (snapshot === undefined) return undefined;
    const { databaseTime: _, ...rest } = snapshot;
    return rest;
  },
});

test("a snapshot that is adopted keeps the expiry of the try that began it, and is too old by it where no time is told", async () => {
  const scene = newScene(0);
  const began = scene.clock.now();
  const instance = { snapshots: withoutTime(scene.snapshots), of: { kind: "instance", id: "shop-1" } } as const;
  const refused = () => Promise.reject(new Failure("DATABASE_AUTH", "the server refused the password"));
  const failing = { world: { capture: refused, instance } };
  expect(await codeOf(open(scene, RELEASE, failing))).toBe("DATABASE_AUTH");
  await scene.clock.advance(HOUR_MS / 2);
  const { instanceSnapshot } = await open(scene, RELEASE, { world: { instance } });
  expect(instanceSnapshot).toEqual({
    id: scene.snapshots.ids()[0],
    arn: expect.any(String) as string,
    expiresAt: began + 14 * 24 * HOUR_MS,
  });

  const next = { ...RELEASE, release: "2026.11.4" };
  expect(await codeOf(open(scene, next, failing))).toBe("DATABASE_AUTH");
  await scene.clock.advance(3 * HOUR_MS);
  expect(await codeOf(open(scene, next, { world: { instance } }))).toBe("RELEASE_STALE");
});

test("fails without a receipt when a chunk of the point does not open", async () => {
  const scene = newScene(0);
  const spoiling: ObjectStore = {
    ...scene.stores.hot,
    async get(name, range) {
      const bytes = await scene.stores.hot.get(name, range);
      if (name.startsWith("chunks/")) bytes?.writeUInt8((bytes.at(-1) as number) ^ 1, bytes.length - 1);
      return bytes;
    },
  };
  const refused = open({ ...scene, stores: { ...scene.stores, hot: spoiling } });
  await expect(refused).rejects.toMatchObject({
    code: "OBJECT_CORRUPT",
    message: expect.stringContaining("read back") as string,
  });
  expect(await findReceipt(scene.evidence, RELEASE)).toBeUndefined();
});

test("fails without a receipt when the instance snapshot fails, and the point waits for the next try", async () => {
  const scene = newScene();
  const opening = codeOf(open(scene));
  await scene.clock.advance(60_000);
  scene.snapshots.fail(scene.snapshots.ids()[0] as string);
  expect(await opening).toBe("SNAPSHOT_FAILED");
  const [point] = await pointsOf(scene);
  scene.snapshots.remove(scene.snapshots.ids()[0] as string);
  expect((await open(scene)).point.id).toBe(point?.id);
});

test("without an instance and a signing key there is a receipt without a snapshot and a signature", async () => {
  const scene = newScene();
  const receipt = await open(scene, RELEASE, { world: { instance: undefined, signer: undefined } });
  expect(receipt).not.toHaveProperty("instanceSnapshot");
  expect(receipt).not.toHaveProperty("signature");
  expect(scene.snapshots.calls.start).toBe(0);
});

test.each([
  ["no release", { ...RELEASE, release: "" }, "release id"],
  ["a release that leaves its place", { ...RELEASE, release: "../x" }, "release id"],
  ["a release of 65 characters", { ...RELEASE, release: "r".repeat(65) }, "release id"],
  ["a commit that is a branch", { ...RELEASE, commit: "main" }, "commit"],
  ["a commit of six digits", { ...RELEASE, commit: "4f2c1d" }, "commit"],
  ["no database", { ...RELEASE, database: "" }, "database"],
])("fails with USAGE for %s, and nothing happens", async (_, request, named) => {
  const scene = newScene();
  const evidence = counting(scene.evidence);
  const refused = open({ ...scene, evidence }, request);
  await expect(refused).rejects.toMatchObject({ code: "USAGE", message: expect.stringContaining(named) as string });
  expect(evidence.counts.get.calls + evidence.counts.put.calls).toBe(0);
});

test("fails on a receipt that was changed, and names it", async () => {
  const scene = newScene(0);
  await open(scene);
  const bytes = (await scene.evidence.get(RECEIPT)) as Buffer;
  await scene.evidence.delete(RECEIPT);
  await scene.evidence.put(RECEIPT, [Buffer.from(bytes.toString("utf8").replace("4f2c1d9", "4f2c1d8"))]);
  await expect(open(scene)).rejects.toMatchObject({ code: "OBJECT_CORRUPT", facts: { object: RECEIPT } });
});
