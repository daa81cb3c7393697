import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { lateDirectoryStore } from "../../lib/local/late-directory-store.ts";
import { systemClock } from "../../lib/local/system-clock.ts";
import { objectStoreContract } from "../contracts/object-store.ts";

const newRoot = async (): Promise<string> => {
  const parent = await mkdtemp(join(tmpdir(), "lastgood-late-"));
  onTestFinished(() => rm(parent, { recursive: true }));
  return join(parent, "evidence");
};

objectStoreContract(
  "late directory",
  async () => {
    const root = await newRoot();
    return { store: lateDirectoryStore(root, systemClock), other: lateDirectoryStore(root, systemClock) };
  },
  { objects: 100 },
);

test("looking into a store that has no object yet finds nothing and makes no directory", async () => {
  const root = await newRoot();
  const store = lateDirectoryStore(root, systemClock);
  expect(await store.get("a")).toBeUndefined();
  expect(await store.head("a")).toBeUndefined();
  expect(await store.delete("a")).toBe("absent");
  for await (const { name } of store.list("")) expect.unreachable(`listed ${name}`);
  expect(existsSync(root)).toBe(false);
  expect(await store.put("a", [Buffer.from("x")])).toBe("created");
  expect(existsSync(root)).toBe(true);
});
