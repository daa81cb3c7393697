import { Failure, isFailure } from "../model/errors.ts";
import type { Layer, PartRef, PartTable, Point } from "../model/point.ts";
import type { ReportProgress } from "../model/progress.ts";
import type { Clock } from "../ports/clock.ts";
import { BASE_CUT, type CutRule } from "./cut.ts";
import { foldTable } from "./fold.ts";
import { baseKey, planFolds, type TableChain } from "./fold-plan.ts";
import { awaitTurn, HeldIntent } from "./intent.ts";
import type { LaneClass } from "./lane.ts";
import { getPart, listPoints, partPrefix, pointGenerations, pointName, putPart, putPoint } from "./points.ts";
import type { Vault } from "./vault.ts";

const ID_SALT_BYTES = 3;

export interface FoldWorld {
  readonly vault: Vault;
  readonly clock: Clock;
  readonly progress: ReportProgress;
  readonly warn: (message: string) => void;
  readonly signal: AbortSignal;
  /** How bases are cut. Only tests give another rule than captures use. */
  readonly cut?: CutRule;
}

export interface FoldReport {
  readonly tablesFolded: number;
  readonly pointsRewritten: number;
  readonly chunksRewritten: number;
  readonly stored: { readonly objects: number; readonly bytes: number };
}

/**
 * Makes the oldest of the points that will stay the start of their chains: wherever the oldest point on a base reads it
 * through deltas, these are folded into the base, and all points on it start from the folded base. So a row that no
 * staying point shows is in no layer that a staying point names.
 *
 * Order: new pages and chunks, then a new part and then a new generation of each point, then the older generations go.
 * Every point can be read at every moment; stopped anywhere, running it again continues from the points that are there.
 *
 * @param leaving  ids of points that are about to be removed; they are neither read nor changed
 * @throws CAPTURE_RUNNING  another fold is alive; DIGEST_MISMATCH  a folded base is not what its point says
 */
export const foldChains = async (world: FoldWorld, leaving: ReadonlySet<string>): Promise<FoldReport> => {
  const { vault, clock } = world;
  await awaitTurn(vault.hot, clock, "", (waitMs) =>
    world.warn(`another fold has not ended: waiting ${Math.ceil(waitMs / 1000)} s to see whether it lives`),
  );
  const foldId = `fold-${clock.now()}-${vault.entropy.bytes(ID_SALT_BYTES).toString("hex")}`;
  const held = await HeldIntent.take(vault.hot, clock, { id: foldId, database: "" });
  try {
    // Everything it reads is named by points that stay, and so spared; what it writes lies under its own id.
    await held.need([]);
    const report = await foldUnder(world, held, foldId, leaving);
    await held.release();
    return report;
  } catch (error) {
    // What was written without a point is swept after the lease. What counts is the error that brought us here.
    await held.giveUp().catch(() => undefined);
    throw error;
  }
};

const foldUnder = async (
  world: FoldWorld,
  held: HeldIntent,
  foldId: string,
  leaving: ReadonlySet<string>,
): Promise<FoldReport> => {
  const { vault, clock } = world;
  const began = clock.elapsedMs();
  const staying = (await listPoints(vault.hot)).filter((point) => !leaving.has(point.id));
  const chains: TableChain[] = [];
  for (const point of staying) for (const ref of point.parts) chains.push(...(await chainsOf(vault, point, ref)));
  const plan = planFolds(chains);
  const bases = new BaseLayers(vault, staying, plan.bases);
  let stored = { objects: 0, bytes: 0 };
  let chunksRewritten = 0;
  for (const [i, fold] of plan.folds.entries()) {
    world.progress({
      phase: "folding",
      tablesDone: i,
      tablesTotal: plan.folds.length,
      rowsDone: 0,
      bytesDone: stored.bytes,
      elapsedMs: clock.elapsedMs() - began,
    });
    const table = await bases.tableAt(fold);
    const keys = await classKeys(vault, fold.pointId, fold.class);
    const place = { ...keys, store: vault.hot, entropy: vault.entropy, class: fold.class, foldId };
    const folded = await foldTable({ ...place, cut: world.cut ?? BASE_CUT, signal: world.signal }, table);
    bases.set(fold.class, fold.table, folded.layer);
    stored = { objects: stored.objects + folded.stored.objects, bytes: stored.bytes + folded.stored.bytes };
    chunksRewritten += folded.chunksRewritten;
  }

  const written: string[] = [];
  for (const point of staying) {
    const changed = plan.rebased.filter((chain) => chain.pointId === point.id);
    if (changed.length === 0) continue;
    world.signal.throwIfAborted();
    held.assertHeld();
    written.push(await writeGeneration(vault, point, changed, bases));
  }
  if (written.length > 0 && !(await held.isThere())) {
    for (const name of written) await vault.hot.delete(name);
    throw new Failure("CAPTURE_RUNNING", "the lease of the fold ended before it was done; its work was taken back", {
      hint: "run the same command again; this process was stopped for longer than its lease",
    });
  }
  for (const point of staying) await dropOlderGenerations(vault, point.id);
  return { tablesFolded: plan.folds.length, pointsRewritten: written.length, chunksRewritten, stored };
};

const chainsOf = async (vault: Vault, point: Point, ref: PartRef): Promise<readonly TableChain[]> => {
  try {
    const part = await getPart(vault, point, ref);
    return part.tables.map((table) => ({
      pointId: point.id,
      startedAt: point.startedAt,
      class: part.class,
      table: table.id,
      layers: table.layers.map((layer) => layer.pointId),
    }));
  } catch (error) {
    // A part that expired before its point has no rows any more that a fold could keep.
    if (isFailure(error, "KEY_SHREDDED")) return [];
    throw error;
  }
};

const classKeys = async (vault: Vault, pointId: string, className: string): Promise<LaneClass> => ({
  ...(await vault.classSecret(className)),
  partKey: await vault.partKey(pointId, className),
});

/** Base layers by class, table and the point whose state they hold; each is read from its point when it is first asked for. */
class BaseLayers {
  readonly #vault: Vault;
  readonly #points: ReadonlyMap<string, Point>;
  /** Point that has a base, by base. */
  readonly #where: ReadonlyMap<string, string>;
  readonly #layers = new Map<string, Layer>();

  constructor(vault: Vault, points: readonly Point[], where: ReadonlyMap<string, string>) {
    this.#vault = vault;
    this.#points = new Map(points.map((point) => [point.id, point]));
    this.#where = where;
  }

  set(className: string, table: string, layer: Layer): void {
    this.#layers.set(baseKey(className, table, layer.pointId), layer);
  }

  /** A table of a point with the layers that the plan gives it. */
  async tableAt(chain: TableChain): Promise<PartTable> {
    const point = this.#points.get(chain.pointId) as Point;
    const ref = point.parts.find((part) => part.class === chain.class) as PartRef;
    const part = await getPart(this.#vault, point, ref);
    const table = part.tables.find(({ id }) => id === chain.table) as PartTable;
    return { ...table, layers: await this.layersOf(table, chain) };
  }

  async layersOf(table: PartTable, chain: TableChain): Promise<readonly Layer[]> {
    const [first = "", ...rest] = chain.layers;
    const deltas = rest.map((id) => table.layers.find((layer) => layer.pointId === id) as Layer);
    const own = table.layers[0] as Layer;
    if (own.pointId === first) return [own, ...deltas];
    return [await this.#base(chain.class, chain.table, first), ...deltas];
  }

  async #base(className: string, table: string, pointId: string): Promise<Layer> {
    const key = baseKey(className, table, pointId);
    const known = this.#layers.get(key);
    if (known !== undefined) return known;
    const holder = this.#points.get(this.#where.get(key) as string) as Point;
    const ref = holder.parts.find((part) => part.class === className) as PartRef;
    const part = await getPart(this.#vault, holder, ref);
    const layer = part.tables.find(({ id }) => id === table)?.layers[0] as Layer;
    this.#layers.set(key, layer);
    return layer;
  }
}

/** A new generation of a point whose tables start from other bases. @returns its object's name */
const writeGeneration = async (
  vault: Vault,
  point: Point,
  changed: readonly TableChain[],
  bases: BaseLayers,
): Promise<string> => {
  const generation = await nextGeneration(vault, point);
  const parts = [];
  for (const ref of point.parts) {
    const chains = new Map(changed.filter((one) => one.class === ref.class).map((one) => [one.table, one]));
    if (chains.size === 0) {
      parts.push(ref);
      continue;
    }
    const part = await getPart(vault, point, ref);
    const tables: PartTable[] = [];
    for (const table of part.tables) {
      const chain = chains.get(table.id);
      tables.push(chain === undefined ? table : { ...table, layers: await bases.layersOf(table, chain) });
    }
    const partKey = await vault.partKey(point.id, ref.class);
    parts.push(await putPart(vault.hot, vault.entropy, { ...part, tables }, { partKey, generation }));
  }
  await putPoint(vault.hot, { ...point, generation, parts });
  return pointName(point.id, generation);
};

/** Above every generation of the point and of its parts: one that died may have left a part that no point names. */
const nextGeneration = async (vault: Vault, point: Point): Promise<number> => {
  let highest = point.generation;
  for await (const { name } of vault.hot.list(partPrefix(point.id))) {
    highest = Math.max(highest, Number(name.slice(name.lastIndexOf(".") + 1)));
  }
  return highest + 1;
};

/** Lowest first: what is left if it stops is the newest. Their parts are swept as parts that no point names. */
const dropOlderGenerations = async (vault: Vault, id: string): Promise<void> => {
  for (const name of (await pointGenerations(vault.hot, id)).slice(0, -1)) await vault.hot.delete(name);
};
