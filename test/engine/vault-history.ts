import type { FoldWorld } from "../../lib/engine/fold-chain.ts";
import { pageChunkNames } from "../../lib/engine/page.ts";
import { getPart, getPointObject, listPoints } from "../../lib/engine/points.ts";
import type { SweepWorld } from "../../lib/engine/sweep.ts";
import type { Vault } from "../../lib/engine/vault.ts";
import type { PartRef } from "../../lib/model/point.ts";
import type { VaultStores } from "../../lib/ports/object-store.ts";
import type { ManualClock } from "../faults/manual-clock.ts";
import { type MemoryVault, memoryVault, namesIn } from "./memory-vault.ts";
import {
  expectedFrames,
  type Id,
  laneFor,
  putSyntheticPoint,
  readAll,
  type TableState,
  TINY_CUT,
  takeBase,
  takeDelta,
} from "./synthetic-history.ts";
import { syntheticFacts } from "./synthetic-rows.ts";

export interface VaultHistory extends MemoryVault {
  /** What each point showed, by id. */
  readonly states: ReadonlyMap<string, readonly TableState[]>;
}

const rowsOf = (count: number): ReadonlyMap<Id, string> =>
  new Map(Array.from({ length: count }, (_, i) => [10 * i, `body of ${i} ${"x".repeat(i % 40)}`]));

/** A vault with points p0, p1, ... of two keyed tables and one without a key; each point changes some rows of each. */
export const vaultHistory = async (
  options: { readonly points?: number; readonly rows?: number } = {},
): Promise<VaultHistory> => {
  const { points = 4, rows = 120 } = options;
  const made = await memoryVault();
  const { vault, clock } = made;
  const states = new Map<string, readonly TableState[]>();
  let tables: readonly TableState[] = [];
  for (let i = 0; i < points; i++) {
    const id = `p${i}`;
    const lane = await laneFor(vault, id);
    const next: TableState[] = [];
    for (const [n, name] of ["orders", "lines", "log"].entries()) {
      const order = name === "log" ? undefined : "int8";
      const before = tables[n];
      const now = new Map(before?.rows ?? rowsOf(rows));
      // The lines do not change at p2: a point without a layer of its own.
      if (before !== undefined && !(name === "lines" && i === 2)) {
        now.set(10 * i * (n + 1), `changed at ${id}`).set(10 * i + 5, `new at ${id}`);
        now.delete(10 * i + 20);
      }
      const facts = syntheticFacts({ name, order });
      next.push(
        before === undefined || order === undefined
          ? await takeBase(lane, `t${n}`, facts, now)
          : await takeDelta(lane, before, now),
      );
    }
    tables = next;
    states.set(id, tables);
    await putSyntheticPoint(vault, id, clock.now(), tables);
    await clock.advance(60_000);
  }
  return { ...made, states };
};

export const foldWorldOf = (vault: Vault, clock: ManualClock): FoldWorld => ({
  vault,
  clock,
  progress: () => undefined,
  warn: () => undefined,
  signal: new AbortController().signal,
  cut: TINY_CUT,
});

export const sweepWorldOf = (stores: VaultStores, clock: ManualClock): SweepWorld => ({
  stores,
  clock,
  progress: () => undefined,
  signal: new AbortController().signal,
});

/** Tables of points that do not read as they were, as `point/table`. */
export const wrongTables = async (history: VaultHistory, ids: readonly string[]): Promise<readonly string[]> => {
  const { vault } = history;
  const points = await listPoints(vault.hot);
  const wrong: string[] = [];
  for (const id of ids) {
    const point = points.find((one) => one.id === id);
    if (point === undefined) {
      wrong.push(id);
      continue;
    }
    const part = await getPart(vault, point, point.parts[0] as PartRef);
    for (const state of history.states.get(id) ?? []) {
      const table = part.tables.find((one) => one.id === state.id);
      const same = table !== undefined && (await readAll(vault, table)).equals(expectedFrames(state));
      if (!same) wrong.push(`${id}/${state.facts.name}`);
    }
  }
  return wrong;
};

/** Every object that points lead to, found by a walk of its own, and what always stays. */
export const reachableIn = async ({ vault, stores }: MemoryVault): Promise<readonly string[]> => {
  const names = new Set<string>(["vault.json"]);
  for (const name of await namesIn(stores.hot, "points/")) {
    names.add(name);
    const point = await getPointObject(stores.hot, name);
    for (const ref of point?.parts ?? []) {
      names.add(ref.name);
      const part = await getPart(vault, point as NonNullable<typeof point>, ref);
      for (const layer of part.tables.flatMap((table) => table.layers)) {
        for (const page of [...layer.pages, ...layer.gone]) {
          names.add(page.name);
          for (const chunk of (await pageChunkNames(stores.hot, page.name)) ?? []) names.add(chunk);
        }
      }
    }
  }
  return [...names].toSorted();
};
