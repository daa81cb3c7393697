import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmod,
  type FileHandle,
  link,
  mkdir,
  mkdtemp,
  open,
  readdir,
  rename,
  rm,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test, vi } from "vitest";
import { openDirectoryStore } from "../../lib/local/directory-store.ts";
import { systemClock } from "../../lib/local/system-clock.ts";
import type { ObjectStore } from "../../lib/ports/object-store.ts";

const KILLS = 12;
const WRITER = new URL("directory-store-writer.ts", import.meta.url).pathname;
const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;
const byte = [Uint8Array.of(1)];

const temporary = async () => {
  const directory = await mkdtemp(join(tmpdir(), "lastgood-disk-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
};
const opened = (root: string) => openDirectoryStore(root, { clock: systemClock, create: false });

/** What every open file has its methods from, to plant a fault of the disk in one of them. */
async function fileHandles(directory: string): Promise<FileHandle> {
  const probe = await open(directory);
  await probe.close();
  return Object.getPrototypeOf(probe) as FileHandle;
}

async function namesIn(store: ObjectStore): Promise<string[]> {
  const names: string[] = [];
  for await (const facts of store.list("")) names.push(facts.name);
  return names;
}

test(`no object is torn and none that was promised is lost when its writer is killed, ${KILLS} times`, async () => {
  const root = await temporary();
  const store = await opened(root);
  const promised: string[] = [];
  for (let kill = 0; kill < KILLS; kill++) {
    const writer = spawn(process.execPath, [WRITER, root, `k${kill}-`, "200000"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    // Killed in the middle of its puts: after a number of them that differs every time, never after a time.
    const killAfter = 1 + kill * 3;
    let seen = 0;
    for await (const line of createInterface({ input: writer.stdout })) {
      promised.push(line);
      seen += 1;
      if (seen === killAfter) writer.kill("SIGKILL");
    }
    if (writer.signalCode === null) await once(writer, "exit");
    expect(writer.signalCode).toBe("SIGKILL");
  }
  const names = await namesIn(store);
  expect(names).toEqual(expect.arrayContaining(promised));
  for (const name of names) {
    const object = await store.get(name);
    expect(object?.equals(Buffer.alloc(200_000, object[0])), name).toBe(true);
  }
  // Whatever the dead left behind goes with the next write.
  await (await opened(root)).put("last", byte);
  expect(await readdir(join(root, "~incoming"))).toEqual([]);
}, 120_000);

test("only what is clearly dead is swept, and a writer whose file was swept writes it again", async () => {
  const root = await temporary();
  const incoming = join(root, "~incoming");
  await mkdir(incoming);
  const gone = spawnSync(process.execPath, ["--version"]).pid;
  const dead = `${hostname()}+${gone}+1`;
  const kept = [`${hostname()}+${process.ppid}+1`, `elsewhere+${gone}+1`, "something-else"];
  for (const name of [dead, ...kept, "elsewhere+1+2"]) await writeFile(join(incoming, name), "");
  const dayAgo = Date.now() / 1000 - 86_500;
  await utimes(join(incoming, "elsewhere+1+2"), dayAgo, dayAgo);
  const store = await opened(root);
  expect(await store.put("a", byte)).toBe("created");
  expect((await readdir(incoming)).toSorted()).toEqual(kept.toSorted());

  // A sweep that is as wrong as can be: the file of a live writer goes between its write and its publication.
  const handles = await fileHandles(root);
  const spy = vi.spyOn(handles, "datasync").mockImplementationOnce(async () => {
    for (const name of await readdir(incoming)) await rm(join(incoming, name));
  });
  onTestFinished(() => spy.mockRestore());
  expect(await store.put("swept/b", [Buffer.alloc(1000, 7)])).toBe("created");
  expect(spy).toHaveBeenCalledTimes(2);
  expect(await store.get("swept/b")).toEqual(Buffer.alloc(1000, 7));
});

test("a store whose directory of unfinished files was tidied away goes on at the next put", async () => {
  const root = await temporary();
  const store = await opened(root);
  await store.put("a", byte);
  await rm(join(root, "~incoming"), { recursive: true });
  await expect(store.put("b", byte)).rejects.toMatchObject({ code: "STORE_UNREACHABLE", retryable: true });
  expect(await store.put("b", byte)).toBe("created");
});

test("fails where the root is a file or lies under one, and where there is none", async () => {
  const directory = await temporary();
  const file = join(directory, "file");
  await writeFile(file, "");
  for (const create of [true, false]) {
    for (const root of [file, join(file, "under")]) {
      await expect(openDirectoryStore(root, { clock: systemClock, create })).rejects.toMatchObject({
        code: "VAULT_NOT_A_DIRECTORY",
      });
    }
  }
  await expect(opened(join(directory, "none"))).rejects.toMatchObject({ code: "VAULT_NOT_FOUND" });
  expect(await readdir(directory)).toEqual(["file"]);
  const made = await openDirectoryStore(join(directory, "new", "deep"), { clock: systemClock, create: true });
  expect(await made.put("a/b", byte)).toBe("created");
});

test("fails as unreachable, not as absent or empty, when the disk was unmounted under the store", async () => {
  const directory = await temporary();
  const root = join(directory, "vault");
  const store = await openDirectoryStore(root, { clock: systemClock, create: true });
  await store.put("a/b", byte);
  const fresh = await opened(root); // Has not written yet.
  await rename(root, join(directory, "unmounted"));
  const unreachable = { code: "STORE_UNREACHABLE", retryable: true };
  for (const mountPoint of ["missing", "empty"]) {
    if (mountPoint === "empty") await mkdir(root);
    await expect(fresh.put("first", byte)).rejects.toMatchObject(unreachable);
    await expect(store.get("a/b")).rejects.toMatchObject(unreachable);
    await expect(store.head("a/b")).rejects.toMatchObject(unreachable);
    await expect(store.delete("a/b")).rejects.toMatchObject(unreachable);
    await expect(namesIn(store)).rejects.toMatchObject(unreachable);
    await expect(store.put("c", byte)).rejects.toMatchObject(unreachable);
  }
  expect(await readdir(root)).toEqual([]);
});

test("links, pipes and foreign names are no objects, and nothing is listed or written through a link", async () => {
  const root = await temporary();
  const outside = await temporary();
  await writeFile(join(outside, "secret"), "secret");
  const store = await opened(root);
  await store.put("real", byte);
  await symlink(join(outside, "secret"), join(root, "link"));
  await symlink(outside, join(root, "linked"));
  await symlink(root, join(root, "loop"));
  await writeFile(join(root, "not ours"), "");
  await mkdir(join(root, "lost+found"));
  expect(spawnSync("mkfifo", [join(root, "pipe")]).status).toBe(0);
  expect(await namesIn(store)).toEqual(["real"]);
  for (const name of ["link", "pipe", "loop"]) {
    expect(await store.get(name)).toBeUndefined();
    expect(await store.head(name)).toBeUndefined();
    expect(await store.delete(name)).toBe("absent");
    await expect(store.put(name, byte)).rejects.toThrow(TypeError);
  }
  await expect(store.put("linked/new", byte)).rejects.toThrow(TypeError);
  expect(await readdir(outside)).toEqual(["secret"]);
});

test("an object that another tool linked or copied in is an object", async () => {
  const root = await temporary();
  await writeFile(join(root, "copied"), "12345");
  await link(join(root, "copied"), join(root, "linked"));
  expect(await namesIn(await opened(root))).toEqual(["copied", "linked"]);
});

test.each([
  ["ENOSPC", "STORE_FULL"],
  ["EDQUOT", "STORE_FULL"],
  ["EROFS", "STORE_FORBIDDEN"],
  ["EPERM", "STORE_FORBIDDEN"],
  ["EIO", "STORE_UNREACHABLE"],
  ["ESTALE", "STORE_UNREACHABLE"],
])("fails when the disk answers %s to any step of a write with %s, and leaves nothing behind", async (errno, code) => {
  const root = await temporary();
  const store = await opened(root);
  await store.put("before", byte);
  const handles = await fileHandles(root);
  for (const step of ["writev", "datasync", "sync"] as const) {
    const planted = Object.assign(new Error(errno), { code: errno, syscall: step });
    const spy = vi.spyOn(handles, step).mockRejectedValueOnce(planted);
    await expect(store.put(`during/${step}`, byte)).rejects.toMatchObject({ code, cause: planted });
    expect(spy).toHaveBeenCalled();
    spy.mockRestore();
    // A failed fsync of the directory is after the publication: the object may be there, whole; nobody was promised it.
    const there = await store.get(`during/${step}`);
    expect(there).toEqual(step === "sync" ? Buffer.of(1) : undefined);
    expect(await readdir(join(root, "~incoming"))).toEqual([]);
    expect(await store.put(`during/${step}`, byte)).toBe(step === "sync" ? "exists" : "created");
  }
});

// A mount of its own, which goes with its process. Containers and other systems may refuse it; the test above stands for it there.
const inOwnMounts = (script: string) =>
  spawnSync("unshare", [isRoot ? "-m" : "-Urm", "sh", "-euc", script], { encoding: "utf8", timeout: 60_000 });

const mountable = inOwnMounts("mount -t tmpfs none /mnt").status === 0 ? ["tmpfs"] : [];

test.each(mountable)("fails with STORE_FULL on a full %s, keeps what was promised and has its space back", (disk) => {
  const writer = `"${process.execPath}" "${WRITER}" /mnt/vault a 20000`;
  const { stdout, stderr } = inOwnMounts(
    `mount -t ${disk} -o size=400k none /mnt; ${writer}; ls /mnt/vault/~incoming | wc -l; find /mnt/vault/chunks -type f -size 20000c | wc -l; find /mnt/vault/chunks -type f | wc -l`,
  );
  expect(stderr).toBe("");
  const lines = stdout.trim().split("\n");
  const [whole, every] = lines.splice(-2).map(Number);
  expect(lines.splice(-2)).toEqual(["STORE_FULL", "0"]);
  expect(lines.length).toBeGreaterThan(5);
  expect(whole).toBe(every);
  expect(every).toBeGreaterThanOrEqual(lines.length);
});

test.each(mountable)("fails with STORE_FORBIDDEN on a %s that is mounted read-only", (disk) => {
  const { stdout, stderr } = inOwnMounts(
    `mount -t ${disk} none /mnt; mkdir /mnt/vault; mount -o remount,ro /mnt; "${process.execPath}" "${WRITER}" /mnt/vault a 20000`,
  );
  expect([stdout, stderr]).toEqual(["STORE_FORBIDDEN\n", ""]);
});

test("a user without the right to write may read; what may not be read or written is forbidden, not absent", async () => {
  const root = await temporary();
  const store = await opened(root);
  await store.put("open/a", byte);
  await store.put("closed/a", byte);
  await store.put("sealed", byte);
  await chmod(join(root, "sealed"), 0o000);
  await chmod(join(root, "closed"), 0o000);
  await chmod(join(root, "open"), 0o555);
  await rm(join(root, "~incoming"), { recursive: true });
  await chmod(root, 0o555);
  onTestFinished(async () => {
    for (const name of ["", "closed", "open"]) await chmod(join(root, name), 0o755);
  });
  const script = `
    import { openDirectoryStore } from ${JSON.stringify(new URL("../../lib/local/directory-store.ts", import.meta.url))};
    import { systemClock } from ${JSON.stringify(new URL("../../lib/local/system-clock.ts", import.meta.url))};
    const store = await openDirectoryStore(${JSON.stringify(root)}, { clock: systemClock, create: false });
    const answer = async (promise) => promise.then((value) => String(value?.length ?? value?.bytes ?? value), (error) => error.code);
    const list = async () => { for await (const facts of store.list("")); };
    console.log(JSON.stringify([
      await answer(store.get("open/a")), await answer(store.head("sealed")), await answer(store.get("absent")),
      await answer(store.get("sealed")), await answer(store.get("closed/a")), await answer(store.head("closed/a")),
      await answer(list()), await answer(store.put("new", [])), await answer(store.delete("open/a")), await answer(store.delete("closed/a")),
    ]));`;
  // Root may do everything, so another user asks; nothing may then come from a directory that is root's alone.
  const user = isRoot ? { uid: NOBODY, gid: NOBODY } : {};
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", script], {
    ...user,
    cwd: tmpdir(),
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  const forbidden = "STORE_FORBIDDEN";
  expect(JSON.parse(stdout)).toEqual(["1", "1", "undefined", ...Array.from({ length: 7 }, () => forbidden)]);
});
