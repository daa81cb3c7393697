import { type FileHandle, mkdir, mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { DirectorySync } from "../../lib/local/directory-sync.ts";
import { limit } from "../../lib/model/limit.ts";

/** A root with `a/b` in it, and every fsync made from now on. */
async function rootAndSyncs() {
  const root = await mkdtemp(join(tmpdir(), "lastgood-sync-"));
  await mkdir(join(root, "a", "b"), { recursive: true });
  const probe = await open(root);
  await probe.close();
  const syncs = vi.spyOn(Object.getPrototypeOf(probe) as FileHandle, "sync");
  onTestFinished(async () => {
    syncs.mockRestore();
    await rm(root, { recursive: true });
  });
  return { root, syncs };
}

test("callers that wait for one directory share an fsync, but never one that began before they called", async () => {
  const { root, syncs } = await rootAndSyncs();
  const directories = new DirectorySync(root);
  await Promise.all(Array.from({ length: 50 }, () => directories.sync(root)));
  expect(syncs).toHaveBeenCalledTimes(2);
  await directories.sync(root);
  expect(syncs).toHaveBeenCalledTimes(3);
});

test("a directory that is new to us is synced up to the root once, and again when it was made anew", async () => {
  const { root, syncs } = await rootAndSyncs();
  const directories = new DirectorySync(root);
  const deep = join(root, "a", "b");
  await directories.sync(deep);
  expect(syncs).toHaveBeenCalledTimes(3);
  await directories.sync(deep);
  expect(syncs).toHaveBeenCalledTimes(4);
  await rm(deep, { recursive: true });
  await mkdir(deep);
  await directories.sync(deep);
  expect(syncs).toHaveBeenCalledTimes(6);
});

test("where a directory has gone, the nearest one that is left is synced", async () => {
  const { root, syncs } = await rootAndSyncs();
  const directories = new DirectorySync(root);
  await rm(join(root, "a"), { recursive: true });
  await directories.sync(join(root, "a", "b"));
  expect(syncs).toHaveBeenCalledTimes(1);
});

test("fails for those who shared a failed fsync; the next call tries again", async () => {
  const { root, syncs } = await rootAndSyncs();
  const directories = new DirectorySync(root);
  syncs.mockRejectedValueOnce(new Error("disk on fire"));
  const outcomes = await Promise.allSettled([directories.sync(root), directories.sync(root), directories.sync(root)]);
  expect(outcomes.map((outcome) => outcome.status)).toEqual(["rejected", "fulfilled", "fulfilled"]);
  await expect(directories.sync(root)).resolves.toBeUndefined();
});

test("a limit runs everything, in order, and never more at once than it says, also after failures", async () => {
  const limited = limit(3);
  let running = 0;
  let most = 0;
  const begun: number[] = [];
  const task = async (index: number) => {
    begun.push(index);
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
    if (index % 4 === 0) throw new Error("planted");
    return index;
  };
  const indexes = Array.from({ length: 50 }, (_, index) => index);
  const outcomes = await Promise.allSettled(indexes.map((index) => limited(() => task(index))));
  expect(most).toBe(3);
  expect(begun).toEqual(indexes);
  expect(outcomes.filter((outcome) => outcome.status === "rejected")).toHaveLength(13);
});
