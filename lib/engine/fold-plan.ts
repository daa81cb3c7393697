/** A table of a point as the points whose captures (or folds) made its layers, the base's first. */
export interface TableChain {
  readonly pointId: string;
  readonly startedAt: number;
  readonly class: string;
  readonly table: string;
  readonly layers: readonly string[];
}

export interface FoldPlan {
  /** Tables whose deltas are all folded into their base. */
  readonly folds: readonly TableChain[];
  /** Tables of points that then have other layers than now: each with its new ones. */
  readonly rebased: readonly TableChain[];
  /** A point that has a base now, by class, table and the point whose state the base holds. */
  readonly bases: ReadonlyMap<string, string>;
}

/**
 * Decides what to fold. A layer is known by the point whose state it brings the table to, so a base made by a fold stands
 * for the base and deltas it was made from, wherever these still occur: that is how a fold that was stopped between two
 * points is continued with the base it had made.
 */
export const planFolds = (chains: readonly TableChain[]): FoldPlan => {
  const bases = new Map<string, string>();
  for (const chain of chains) bases.set(keyOf(chain, 0), chain.pointId);
  const present = new Set(bases.keys());
  const first = chains.map((chain) => rebase(chain, present));

  const oldest = new Map<string, TableChain>();
  for (const chain of first) {
    const base = keyOf(chain, 0);
    const other = oldest.get(base);
    if (other === undefined || comesBefore(chain, other)) oldest.set(base, chain);
  }
  const folds = [...oldest.values()].filter((chain) => chain.layers.length > 1);
  for (const fold of folds) present.add(keyOf(fold, fold.layers.length - 1));

  const last = first.map((chain) => rebase(chain, present));
  const rebased = last.filter((chain, i) => chain.layers.length !== (chains[i] as TableChain).layers.length);
  return { folds, rebased, bases };
};

/** Starts the chain from the latest of the bases there are. */
const rebase = (chain: TableChain, bases: ReadonlySet<string>): TableChain => {
  for (let i = chain.layers.length - 1; i > 0; i--)
    if (bases.has(keyOf(chain, i))) return { ...chain, layers: chain.layers.slice(i) };
  return chain;
};

/** Names the base that holds a table's state at a point. */
export const baseKey = (className: string, table: string, pointId: string): string =>
  `${className}/${table}/${pointId}`;

const keyOf = (chain: TableChain, layer: number): string =>
  baseKey(chain.class, chain.table, chain.layers[layer] as string);

const comesBefore = (a: TableChain, b: TableChain): boolean =>
  a.startedAt < b.startedAt || (a.startedAt === b.startedAt && a.pointId < b.pointId);
