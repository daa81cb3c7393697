import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { type FileHandle, mkdtemp, open, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test, vi } from "vitest";
import { directoryRetainedStore } from "../../lib/local/directory-retained-store.ts";
import { systemEntropy } from "../../lib/local/system-entropy.ts";
import type { Clock } from "../../lib/ports/clock.ts";
import type { RetainedFacts, RetainedStore, RetainedVersion, Retention } from "../../lib/ports/retained-store.ts";
import { retainedStoreContract } from "../contracts/retained-store.ts";
import { manualClock } from "../faults/manual-clock.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const KILLS = 8;
const WRITER = new URL("directory-retained-writer.ts", import.meta.url).pathname;
const BYTES = Buffer.from("kept");
const NONE: Retention = { mode: "none" };
const LOCKED: Retention = { mode: "governance", until: Date.UTC(2036, 10, 21) };

const newRoot = async () => {
  const parent = await mkdtemp(join(tmpdir(), "lastgood-retained-"));
  onTestFinished(() => rm(parent, { recursive: true }));
  return join(parent, "archive");
};
const opened = (root: string, clock: Clock = manualClock()) =>
  directoryRetainedStore(root, { clock, entropy: systemEntropy });

const put = async (store: RetainedStore, name: string, retention: Retention): Promise<string> =>
  ((await store.put(name, [BYTES], retention)) as RetainedVersion).version;

const listed = async (store: RetainedStore): Promise<RetainedFacts[]> => {
  const found: RetainedFacts[] = [];
  for await (const facts of store.list("")) found.push(facts);
  return found;
};

retainedStoreContract("directory", async () => {
  const root = await newRoot();
  const clock = manualClock();
  const [store, other] = [opened(root, clock), opened(root, clock)];
  return { store, other, later: clock.now() + DAY_MS, pass: () => clock.advance(DAY_MS) };
});

test("a file is nobody's to write to, and without its first line it is the object", async () => {
  const root = await newRoot();
  const version = await put(opened(root), "a/b", LOCKED);
  const path = join(root, "a", "b");
  expect((await stat(path)).mode & 0o777).toBe(0o444);
  expect(spawnSync("tail", ["--bytes=+129", path]).stdout).toEqual(BYTES);
  const [line] = (await readFile(path, "latin1")).split("\n");
  expect(line?.trimEnd()).toBe(`lastgood-retained 1 ${version} governance 2036-11-21T00:00:00Z`);
});

test("looking into an archive that holds nothing yet makes no directory", async () => {
  const root = await newRoot();
  const store = opened(root);
  expect(await listed(store)).toEqual([]);
  expect(await store.versions("x")).toEqual([]);
  expect(await store.delete("x", "v")).toBe("absent");
  expect(existsSync(root)).toBe(false);
});

test("the date's own millisecond is the first in which a version is deleted", async () => {
  const clock = manualClock();
  const store = opened(await newRoot(), clock);
  const version = await put(store, "x", { mode: "compliance", until: clock.now() + DAY_MS });
  await clock.advance(DAY_MS - 1);
  await expect(store.delete("x", version)).rejects.toMatchObject({ code: "OBJECT_RETAINED" });
  await clock.advance(1);
  expect(await store.delete("x", version)).toBe("deleted");
});

test.each([
  ["without a line of ours", () => Buffer.from("not ours")],
  ["that is empty", () => Buffer.alloc(0)],
  ["whose date is damaged", (whole: Buffer) => Buffer.from(whole.toString("latin1").replace("2036", "2O36"), "latin1")],
  ["that was cut in its line", (whole: Buffer) => whole.subarray(0, 100)],
  [
    "whose mode is unknown",
    (whole: Buffer) => Buffer.from(whole.toString("latin1").replace("governance", "whatever__")),
  ],
])("fails with OBJECT_CORRUPT on a file %s: nobody may say that nothing locks it", async (_, damaged) => {
  const root = await newRoot();
  const store = opened(root);
  const version = await put(store, "x", LOCKED);
  const whole = await readFile(join(root, "x"));
  await rm(join(root, "x"));
  await writeFile(join(root, "x"), damaged(whole));
  const corrupt = { code: "OBJECT_CORRUPT", retryable: false };
  await expect(store.get("x", version)).rejects.toMatchObject(corrupt);
  await expect(store.versions("x")).rejects.toMatchObject(corrupt);
  await expect(store.retention("x", version)).rejects.toMatchObject(corrupt);
  await expect(store.delete("x", version)).rejects.toMatchObject(corrupt);
  expect(await store.put("x", [BYTES], NONE)).toBe("exists");
  // It is listed all the same, whole, and hides nothing else.
  const next = await put(store, "y", NONE);
  expect(await listed(store)).toMatchObject([
    { name: "x", bytes: damaged(whole).length, unlabelled: corrupt },
    { name: "y", version: next, bytes: BYTES.length },
  ]);
  expect((await listed(store))[1]).not.toHaveProperty("unlabelled");
});

test("a file that may not be read is listed as one that nobody can tell what locks it, and hides nothing", async () => {
  const root = await newRoot();
  const store = opened(root);
  await put(store, "a", NONE);
  const version = await put(store, "b", NONE);
  const probe = await open(join(root, "a"));
  await probe.close();
  const handles = Object.getPrototypeOf(probe) as FileHandle;
  const refused = Object.assign(new Error("EACCES: permission denied"), { code: "EACCES", syscall: "open" });
  const spy = vi.spyOn(handles, "read").mockRejectedValueOnce(refused);
  onTestFinished(() => spy.mockRestore());
  const [first, second] = await listed(store);
  expect(first).toMatchObject({ name: "a", unlabelled: { code: "STORE_FORBIDDEN" } });
  expect(second).toMatchObject({ name: "b", version });
  expect(second).not.toHaveProperty("unlabelled");
});

/** Has something done right after the first read of a file of this archive. */
const afterFirstRead = async (root: string, name: string, act: () => Promise<void>) => {
  const probe = await open(join(root, name));
  await probe.close();
  const handles = Object.getPrototypeOf(probe) as FileHandle;
  const spy = vi.spyOn(handles, "read").mockImplementationOnce(async function (this: FileHandle, ...what) {
    const answer = await this.read(...what);
    await act();
    return answer;
  });
  onTestFinished(() => spy.mockRestore());
};

test("a delete that looked at one version takes no other that came under the name meanwhile", async () => {
  const root = await newRoot();
  const [store, other] = [opened(root), opened(root)];
  const first = await put(store, "deep/x", NONE);
  let second = "";
  await afterFirstRead(root, "deep/x", async () => {
    expect(await other.delete("deep/x", first)).toBe("deleted");
    second = await put(other, "deep/x", LOCKED);
  });
  expect(await store.delete("deep/x", first)).toBe("absent");
  expect(await store.get("deep/x", second)).toEqual(BYTES);
  expect(await store.retention("deep/x", second)).toEqual(LOCKED);
  expect((await stat(join(root, "deep", "x"))).mode & 0o777).toBe(0o444);
  expect(await readdir(join(root, "~incoming"))).toEqual([]);
});

test("a delete leaves what it cannot tell any more what it is", async () => {
  const root = await newRoot();
  const store = opened(root);
  const version = await put(store, "x", NONE);
  await afterFirstRead(root, "x", async () => {
    await rm(join(root, "x"));
    await writeFile(join(root, "x"), "damaged");
  });
  await expect(store.delete("x", version)).rejects.toMatchObject({ code: "OBJECT_CORRUPT" });
  expect(await readFile(join(root, "x"), "utf8")).toBe("damaged");
  expect(await readdir(join(root, "~incoming"))).toEqual([]);
});

test(`each version is whole and locked, and what was deleted is gone, when its writer is killed, ${KILLS} times`, async () => {
  const root = await newRoot();
  const [kept, deleted] = [new Map<string, string>(), new Map<string, string>()];
  for (let kill = 0; kill < KILLS; kill++) {
    const writer = spawn(process.execPath, [WRITER, root, `k${kill}`], { stdio: ["ignore", "pipe", "inherit"] });
    const killAfter = 1 + kill * 5;
    let seen = 0;
    for await (const line of createInterface({ input: writer.stdout })) {
      const [act, name = "", version = ""] = line.split(" ");
      (act === "kept" ? kept : deleted).set(name, version);
      seen += 1;
      if (seen === killAfter) writer.kill("SIGKILL");
    }
    if (writer.signalCode === null) await once(writer, "exit");
    expect(writer.signalCode).toBe("SIGKILL");
  }
  const store = opened(root);
  const found = await listed(store);
  for (const { name, version, bytes } of found) {
    const object = await store.get(name, version);
    expect(object?.equals(Buffer.alloc(bytes, object[0])), name).toBe(true);
    expect(bytes).toBe(100_000);
    expect(await store.retention(name, version)).toEqual(name.includes("/locked/") ? LOCKED : undefined);
  }
  const versions = new Map(found.map(({ name, version }) => [name, version]));
  for (const [name, version] of kept) expect(versions.get(name)).toBe(version);
  for (const name of deleted.keys()) expect(versions.has(name)).toBe(false);
  // Whatever the dead left behind, of puts and of deletes, goes with the next write.
  await put(store, "last", NONE);
  expect(await readdir(join(root, "~incoming"))).toEqual([]);
}, 60_000);
