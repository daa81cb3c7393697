import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createKeyFile, openKeyFile } from "../../lib/local/key-file.ts";
import { isFailure } from "../../lib/model/errors.ts";
import { keyServiceContract } from "../contracts/key-service.ts";
import { memoryKeys } from "./memory-keys.ts";

const CONTEXT = { vault: "v1" };

const temporary = async () => {
  const directory = await mkdtemp(join(tmpdir(), "lastgood-keys-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  return directory;
};

keyServiceContract("memory", async () => {
  const keys = memoryKeys();
  return { keys, again: keys, stranger: memoryKeys() };
});

keyServiceContract("raw key file", async () => {
  const directory = await temporary();
  const [path, other] = [join(directory, "keys.json"), join(directory, "other.json")];
  await createKeyFile(path);
  await createKeyFile(other);
  return { keys: await openKeyFile(path), again: await openKeyFile(path), stranger: await openKeyFile(other) };
});

test("a key file is for its owner alone, and nothing else is left beside it", async () => {
  const directory = await temporary();
  await createKeyFile(join(directory, "raw.json"));
  await createKeyFile(join(directory, "secret.json"), { passphrase: "correct horse" });
  expect((await readdir(directory)).toSorted()).toEqual(["raw.json", "secret.json"]);
  for (const name of ["raw.json", "secret.json"]) {
    expect((await stat(join(directory, name))).mode & 0o777).toBe(0o600);
  }
});

test("a passphrase opens its file however its letters were typed, and no other passphrase does", async () => {
  const path = join(await temporary(), "keys.json");
  await createKeyFile(path, { passphrase: "Schlüssel \u00e9" });
  const { key, wrapped } = await (await openKeyFile(path, { passphrase: "Schlüssel \u00e9" })).generate(CONTEXT);
  const decomposed = await openKeyFile(path, { passphrase: "Schlu\u0308ssel e\u0301" });
  expect(await decomposed.unwrap(wrapped, CONTEXT)).toEqual(key);
  for (const passphrase of ["schlüssel é", "", undefined]) {
    await expect(openKeyFile(path, { passphrase })).rejects.toMatchObject({ code: "KEY_WRONG" });
  }
});

test("a file with a passphrase may be read by others, and holds neither passphrase nor key in clear", async () => {
  const path = join(await temporary(), "keys.json");
  const passphrase = "correct horse battery";
  await createKeyFile(path, { passphrase });
  await chmod(path, 0o644);
  await expect(openKeyFile(path, { passphrase })).resolves.toBeDefined();
  const file = JSON.parse(await readFile(path, "utf8")) as Record<string, unknown>;
  expect(JSON.stringify(file)).not.toContain(passphrase);
  expect(Object.keys(file)).toEqual(["lastgood", "version", "kind", "id", "scrypt", "sealed", "digest"]);
  expect(file["scrypt"]).toMatchObject({ N: 131072, r: 8, p: 1 });
});

test("fails for a raw file that anybody but its owner may touch", async () => {
  const path = join(await temporary(), "keys.json");
  await createKeyFile(path);
  for (const mode of [0o640, 0o604, 0o620, 0o601, 0o644, 0o777]) {
    await chmod(path, mode);
    await expect(openKeyFile(path)).rejects.toMatchObject({ code: "KEY_FILE_UNSAFE" });
  }
  await chmod(path, 0o400);
  await expect(openKeyFile(path)).resolves.toBeDefined();
});

test("fails for a passphrase that a raw file does not have", async () => {
  const path = join(await temporary(), "keys.json");
  await createKeyFile(path);
  await expect(openKeyFile(path, { passphrase: "x" })).rejects.toMatchObject({ code: "KEY_WRONG" });
});

test("fails where a file is already, and of racing makers exactly one wins", async () => {
  const directory = await temporary();
  const path = join(directory, "keys.json");
  const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => createKeyFile(path)));
  expect(outcomes.filter((one) => one.status === "fulfilled")).toHaveLength(1);
  const before = await readFile(path, "utf8");
  await expect(createKeyFile(path)).rejects.toMatchObject({ code: "KEY_FILE_EXISTS" });
  expect(await readFile(path, "utf8")).toBe(before);
  expect(await readdir(directory)).toEqual(["keys.json"]);
});

test("fails with KEY_FILE_NOT_FOUND where there is no file or no directory", async () => {
  const directory = await temporary();
  await expect(openKeyFile(join(directory, "none"))).rejects.toMatchObject({ code: "KEY_FILE_NOT_FOUND" });
  await expect(createKeyFile(join(directory, "no", "keys"))).rejects.toMatchObject({
    code: "KEY_FILE_NOT_FOUND",
    hint: expect.stringMatching(/^make the directory/) as string,
  });
});

test("fails with KEY_FILE_INVALID for what is no key file, and quotes nothing of it", async () => {
  const directory = await temporary();
  await expect(openKeyFile(directory)).rejects.toMatchObject({ code: "KEY_FILE_INVALID" });
  const path = join(directory, "keys.json");
  await writeFile(path, "SECRET", { mode: 0o600 });
  for (const text of [
    "",
    "SECRET",
    "null",
    "[]",
    '{"SECRET":1}',
    '{"lastgood":"key file","version":2}',
    "S".repeat(70_000),
  ]) {
    await writeFile(path, text);
    const error = await openKeyFile(path).catch((caught: unknown) => caught);
    expect(isFailure(error, "KEY_FILE_INVALID")).toBe(true);
    expect(String((error as Error).cause) + String(error)).not.toContain("SECRET");
  }
});

test("fails before any work for a scrypt cost that would take the machine", async () => {
  const path = join(await temporary(), "keys.json");
  await createKeyFile(path, { passphrase: "x" });
  const text = await readFile(path, "utf8");
  for (const [from, to] of [
    ['"N": 131072', '"N": 1073741824'],
    ['"N": 131072', '"N": 2'],
    ['"r": 8', '"r": 8000'],
    ['"p": 1', '"p": 100000'],
  ] as const) {
    expect(text).toContain(from);
    await writeFile(path, text.replace(from, to));
    await expect(openKeyFile(path, { passphrase: "x" })).rejects.toMatchObject({ code: "KEY_FILE_INVALID" });
  }
});

test.each(["raw", "passphrase"])("fails when any byte of a %s file is changed, missing or added", async (kind) => {
  const path = join(await temporary(), "keys.json");
  const passphrase = kind === "raw" ? undefined : "x";
  await createKeyFile(path, { passphrase });
  const good = await readFile(path);
  const changed: Buffer[] = [Buffer.concat([good, Buffer.from("\n")]), Buffer.concat([Buffer.from(" "), good])];
  for (let at = 0; at < good.length; at++) {
    changed.push(good.subarray(0, at), Buffer.concat([good.subarray(0, at), good.subarray(at + 1)]));
    // 0x20 is the case of a letter, 0x01 a neighbour in hex, 0x80 breaks UTF-8.
    for (const mask of [0x01, 0x20, 0x80]) {
      const copy = Buffer.from(good);
      copy.writeUInt8(copy.readUInt8(at) ^ mask, at);
      changed.push(copy);
    }
  }
  for (const text of changed) {
    await writeFile(path, text);
    await expect(openKeyFile(path, { passphrase })).rejects.toMatchObject({ code: "KEY_FILE_INVALID" });
  }
  await writeFile(path, good);
  await expect(openKeyFile(path, { passphrase })).resolves.toBeDefined();
});
