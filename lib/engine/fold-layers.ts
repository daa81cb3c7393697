import { Failure } from "../model/errors.ts";
import type { Layer, PartRef, PartTable, Point, RangeRecord } from "../model/point.ts";
import { type Fold, layerKey, type TableChain } from "./fold-plan.ts";
import { holdsStart, joinRanges } from "./fold-ranges.ts";
import { layerSource } from "./layers.ts";
import { getPart } from "./points.ts";
import type { Vault } from "./vault.ts";
import { digestKeys, firstDifference } from "./verify-keys.ts";

/** The layers of staying points and those a fold has made, found by the states they lead from and to. */
export class FoldLayers {
  readonly #vault: Vault;
  readonly #points: ReadonlyMap<string, Point>;
  readonly #holders: ReadonlyMap<string, string>;
  readonly #layers = new Map<string, Layer>();
  /** By base layer: starts of ranges, and whether a row of it begins there. */
  readonly #starts = new Map<string, Map<string, boolean>>();

  constructor(vault: Vault, points: readonly Point[], holders: ReadonlyMap<string, string>) {
    this.#vault = vault;
    this.#points = new Map(points.map((point) => [point.id, point]));
    this.#holders = holders;
  }

  set(fold: Fold, layer: Layer): void {
    this.#layers.set(layerKey(fold.class, fold.table, fold.from, fold.to), layer);
  }

  /** What a fold merges: the layers after `from`, up to `to`; those below; and the record of the point that proves the result. */
  async inputs(
    fold: Fold,
  ): Promise<{ readonly proof: PartTable; readonly layers: readonly Layer[]; readonly below: readonly Layer[] }> {
    const { layers } = await this.#table(fold.source, fold.class, fold.table);
    const ids = layers.map((layer) => layer.pointId);
    const proof = await this.#table(fold.provenBy, fold.class, fold.table);
    const first = ids.indexOf(fold.from) + 1;
    return { proof, layers: layers.slice(first, ids.indexOf(fold.to) + 1), below: layers.slice(0, first) };
  }

  /** The layers that the plan gives a table: its own where it has them, else those of others or new ones. */
  async of(table: PartTable, chain: TableChain): Promise<readonly Layer[]> {
    const found: Layer[] = [];
    for (const [i, to] of chain.layers.entries()) {
      const from = chain.layers[i - 1] ?? "";
      const at = table.layers.findIndex((layer) => layer.pointId === to);
      const own = (table.layers[at - 1]?.pointId ?? "") === from ? table.layers[at] : undefined;
      found.push(own ?? (await this.#layer(chain, from, to)));
    }
    return found;
  }

  /**
   * The ranges of a table whose layers the plan changes. A range starts at the key of a row of its first base; where the new base
   * has no such row, the range becomes part of the one before it, so that the key does not outlive the row.
   */
  async ranges(table: PartTable, chain: TableChain, [base]: readonly Layer[]): Promise<readonly RangeRecord[]> {
    if (base === undefined || base.pointId === table.layers[0]?.pointId) return table.ranges;
    const { namingSecret } = await this.#vault.classSecret(chain.class);
    const source = layerSource(this.#vault.hot, namingSecret, chain.class, table);
    const key = layerKey(chain.class, chain.table, "", base.pointId);
    const held = this.#starts.get(key) ?? new Map<string, boolean>();
    this.#starts.set(key, held);
    for (const { start } of table.ranges) if (!held.has(start)) held.set(start, await holdsStart(source, base, start));
    return joinRanges(table.ranges, (start) => held.get(start) === true);
  }

  /**
   * Proves a delta that a fold made, with all layers under it, by the ranges of a point whose state it leads to.
   * @param chain  new layers of the table that it was made for
   * @throws DIGEST_MISMATCH  they do not hold exactly the keys that the database counted for that point
   */
  async prove(fold: Fold, chain: TableChain, signal: AbortSignal): Promise<void> {
    const { namingSecret, hashSeed } = await this.#vault.classSecret(fold.class);
    const { ranges } = await this.#table(fold.provenBy, fold.class, fold.table);
    const table = await this.#table(fold.source, fold.class, fold.table);
    const upTo = chain.layers.slice(0, chain.layers.indexOf(fold.to) + 1);
    const layers = await this.of(table, { ...chain, layers: upTo });
    const source = layerSource(this.#vault.hot, namingSecret, fold.class, table);
    const starts = ranges.map((range) => range.start);
    const live = await digestKeys(source, layers, table.facts, { hashSeed, starts, signal });
    if (firstDifference(ranges, live) === undefined) return;
    throw new Failure(
      "DIGEST_MISMATCH",
      `table ${table.facts.schema}.${table.facts.name}: the folded layers hold other keys than point ${fold.provenBy}`,
      { hint: "nothing was changed; run verify --level read and take a new capture with --base" },
    );
  }

  async #layer(chain: TableChain, from: string, to: string): Promise<Layer> {
    const key = layerKey(chain.class, chain.table, from, to);
    const known = this.#layers.get(key);
    if (known !== undefined) return known;
    const table = await this.#table(this.#holders.get(key) as string, chain.class, chain.table);
    const layer = table.layers.find(({ pointId }) => pointId === to) as Layer;
    this.#layers.set(key, layer);
    return layer;
  }

  async #table(pointId: string, className: string, table: string): Promise<PartTable> {
    const point = this.#points.get(pointId) as Point;
    const part = await getPart(this.#vault, point, point.parts.find((ref) => ref.class === className) as PartRef);
    return part.tables.find(({ id }) => id === table) as PartTable;
  }
}
