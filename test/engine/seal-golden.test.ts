import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { listIntents } from "../../lib/engine/intent.ts";
import { getPart, listPoints } from "../../lib/engine/points.ts";
import { Vault } from "../../lib/engine/vault.ts";
import { verify } from "../../lib/engine/verify.ts";
import { memoryStore } from "../../lib/local/memory-store.ts";
import type { PartRef } from "../../lib/model/point.ts";
import type { VaultStores } from "../../lib/ports/object-store.ts";
import { manualClock } from "../faults/manual-clock.ts";
import { GOLDEN_DIRECTORY, GOLDEN_ROWS, goldenKeys, writeGoldenVault } from "./golden.ts";
import { namesIn, seededEntropy } from "./memory-vault.ts";
import { expectedFrames, readAll } from "./synthetic-history.ts";

/** `contents.txt` lists the objects, so that one that is missing shows. */
const contents = fileURLToPath(new URL("contents.txt", GOLDEN_DIRECTORY));

/** The suffix keeps tools from formatting what looks like JSON. */
const file = (path: string): string => fileURLToPath(new URL(`${path}.golden`, GOLDEN_DIRECTORY));

const namesOf = async (stores: VaultStores): Promise<readonly string[]> => [
  ...(await namesIn(stores.hot)).map((name) => `hot/${name}`),
  ...(await namesIn(stores.keys)).map((name) => `keys/${name}`),
];

const fromFiles = async (): Promise<VaultStores> => {
  const clock = manualClock();
  const stores = { hot: memoryStore(clock), keys: memoryStore(clock) };
  for (const path of (await readFile(contents, "utf8")).trim().split("\n")) {
    const store = path.startsWith("hot/") ? stores.hot : stores.keys;
    await store.put(path.slice(path.indexOf("/") + 1), [await readFile(file(path))]);
  }
  return stores;
};

// A change of the format's bytes needs a new format number and a decision record; then, and only then, run with GOLDEN=write.
const rewrite = process.env["GOLDEN"] === "write";

test("today's code writes format 1 byte for byte as the golden vault has it", async () => {
  const written = await writeGoldenVault();
  const names = await namesOf(written);
  const bytesOf = async (stores: VaultStores, path: string) =>
    (path.startsWith("hot/") ? stores.hot : stores.keys).get(path.slice(path.indexOf("/") + 1));
  if (rewrite) {
    await writeFile(contents, `${names.join("\n")}\n`);
    for (const path of names) {
      await mkdir(dirname(file(path)), { recursive: true });
      await writeFile(file(path), (await bytesOf(written, path)) as Buffer);
    }
  }
  const golden = await fromFiles();
  expect(names).toEqual(await namesOf(golden));
  expect(names.length).toBeGreaterThan(15);
  for (const path of names) expect([path, await bytesOf(written, path)]).toEqual([path, await bytesOf(golden, path)]);
});

test("today's code reads the golden vault of format 1: every row, and nothing is wrong with it", async () => {
  const stores = await fromFiles();
  const vault = await Vault.open(stores, goldenKeys(), seededEntropy("reader"));
  expect(vault.id).toMatch(/^[0-9a-f]{16}$/);
  const clock = manualClock();
  const report = await verify(
    { vault, clock, progress: () => undefined, signal: new AbortController().signal },
    { level: "read" },
  );
  expect(report).toMatchObject({ points: 2, tables: 4, problems: [] });
  for (const [i, point] of (await listPoints(vault.hot)).entries()) {
    const part = await getPart(vault, point, point.parts[0] as PartRef);
    for (const table of part.tables) {
      const text = table.facts.format === "text";
      const rows = new Map([...(GOLDEN_ROWS[i] ?? [])].map(([id, body]) => [text ? `${id}` : id, body] as const));
      expect(await readAll(vault, table)).toEqual(expectedFrames({ facts: table.facts, rows }));
    }
  }
  expect(await listIntents(vault.hot)).toMatchObject([{ id: "p3", database: "shop", settled: true }]);
});
