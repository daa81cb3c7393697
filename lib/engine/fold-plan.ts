/** A table of a point as the points whose states its layers bring it to, the base's first. */
export interface TableChain {
  readonly pointId: string;
  readonly class: string;
  readonly table: string;
  readonly layers: readonly string[];
}

/** A layer that is to be made: from the state at one point (empty: from nothing, a base) to the state at another. */
export interface Fold {
  readonly class: string;
  readonly table: string;
  readonly from: string;
  readonly to: string;
  /** The point whose layers after `from`, up to `to`, are merged. */
  readonly source: string;
  /** A point whose state it is: its ranges prove the layer. */
  readonly provenBy: string;
}

export interface FoldPlan {
  readonly folds: readonly Fold[];
  /** Tables of points that then have other layers than now: each with its new ones. */
  readonly rebased: readonly TableChain[];
  /** A point that has a layer now, by `layerKey`. */
  readonly holders: ReadonlyMap<string, string>;
}

/**
 * Decides what to fold. A layer is known by the states it leads from and to, so one that a fold made stands for those it was
 * made from, wherever these still occur: that is how a fold that was stopped between two points is continued with what
 * it had made. A state that no staying point shows is passed over: its superseded rows must not stay.
 */
export const planFolds = (chains: readonly TableChain[]): FoldPlan => {
  const holders = new Map<string, string>();
  const shownBy = new Map<string, string>();
  for (const chain of chains) {
    chain.layers.forEach((to, i) => holders.set(keyOf(chain, chain.layers[i - 1] ?? "", to), chain.pointId));
    shownBy.set(keyOf(chain, "", chain.layers.at(-1) ?? ""), chain.pointId);
  }
  const folds = new Map<string, Fold>();
  const rebased: TableChain[] = [];
  for (const chain of chains) {
    const layers = chain.layers.filter((to) => shownBy.has(keyOf(chain, "", to)));
    if (layers.length < chain.layers.length) rebased.push({ ...chain, layers });
    layers.forEach((to, i) => {
      const from = layers[i - 1] ?? "";
      const key = keyOf(chain, from, to);
      if (holders.has(key) || folds.has(key)) return;
      const provenBy = shownBy.get(keyOf(chain, "", to)) as string;
      folds.set(key, { class: chain.class, table: chain.table, from, to, source: chain.pointId, provenBy });
    });
  }
  return { folds: [...folds.values()], rebased, holders };
};

export const layerKey = (className: string, table: string, from: string, to: string): string =>
  `${className}/${table}/${from}>${to}`;

const keyOf = (chain: TableChain, from: string, to: string): string => layerKey(chain.class, chain.table, from, to);
