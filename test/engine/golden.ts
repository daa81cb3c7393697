import { HeldIntent } from "../../lib/engine/intent.ts";
import { Vault } from "../../lib/engine/vault.ts";
import { memoryStore } from "../../lib/local/memory-store.ts";
import { wrapKeys } from "../../lib/local/wrap-keys.ts";
import type { VaultStores } from "../../lib/ports/object-store.ts";
import { manualClock } from "../faults/manual-clock.ts";
import { namesIn, seededEntropy } from "./memory-vault.ts";
import { CLASS, type Id, laneFor, putSyntheticPoint, type Rows, takeBase, takeDelta } from "./synthetic-history.ts";
import { syntheticFacts } from "./synthetic-rows.ts";

export const GOLDEN_DIRECTORY = new URL("../golden/format-1/", import.meta.url);

/** The master key that the golden vault was written with. It protects nothing. */
export const goldenKeys = () =>
  wrapKeys({ id: "0102030405060708", key: Buffer.alloc(32, 0x42) }, seededEntropy("golden master"));

export const GOLDEN_ROWS: readonly Rows[] = [
  new Map<Id, string>([
    [-1, "the first row"],
    [1, "Grüße\t\\\n"],
    [2, ""],
    [70_000, "x".repeat(300)],
  ]),
  new Map<Id, string>([
    [-1, "the first row"],
    [1, "changed"],
    [3, "new"],
  ]),
];

/** The vault of the golden files: two points of a binary and a text table, with fixed entropy, clock and keys. */
export const writeGoldenVault = async (): Promise<VaultStores> => {
  const clock = manualClock(Date.UTC(2026, 10, 20, 16));
  const stores = { hot: memoryStore(clock), keys: memoryStore(clock) };
  const vault = await Vault.openOrCreate(stores, goldenKeys(), seededEntropy("golden"));
  const [before, after] = GOLDEN_ROWS as readonly [Rows, Rows];
  const tables = [
    { id: "00000000000000a1", facts: syntheticFacts({ name: "orders" }) },
    { id: "00000000000000a2", facts: syntheticFacts({ name: "notes", format: "text", order: "output" }) },
  ];
  const named = (rows: Rows, text: boolean): Rows =>
    text ? new Map([...rows].map(([id, body]) => [`${id}`, body])) : rows;
  const lane = await laneFor(vault, "p1");
  const bases = [];
  for (const { id, facts } of tables)
    bases.push(await takeBase(lane, id, facts, named(before, facts.format === "text")));
  await putSyntheticPoint(vault, "p1", clock.now(), bases);
  await clock.advance(86_400_000);
  const next = await laneFor(vault, "p2");
  const deltas = [];
  for (const base of bases) deltas.push(await takeDelta(next, base, named(after, base.facts.format === "text")));
  await putSyntheticPoint(vault, "p2", clock.now(), deltas);
  const held = await HeldIntent.take(vault.hot, clock, { id: "p3", database: "shop" });
  await held.need((await namesIn(vault.hot, `pages/${CLASS}/p2/`)).slice(0, 1));
  return stores;
};
