import type { PartId } from "../model/audit.ts";
import { Failure, isFailure } from "../model/errors.ts";
import type { PartRef, PartTable, Point } from "../model/point.ts";
import type { ReportProgress } from "../model/progress.ts";
import type { Clock } from "../ports/clock.ts";
import { BASE_CUT, type CutRule } from "./cut.ts";
import { foldTable } from "./fold.ts";
import { foldDeltas } from "./fold-deltas.ts";
import { FoldLayers } from "./fold-layers.ts";
import { planFolds, type TableChain } from "./fold-plan.ts";
import { awaitTurn, HeldIntent, listIntents } from "./intent.ts";
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
  /** Asked before every step that destroys something of a part. What it throws keeps the part. */
  readonly beforeDestroy?: ((part: PartId) => Promise<void>) | undefined;
  /** How bases are cut. Only tests give another rule than captures use. */
  readonly cut?: CutRule;
}

/** What is about to leave: it is neither read nor built on. */
export interface Leaving {
  /** Ids of points that are about to be removed. */
  readonly points: ReadonlySet<string>;
  /** Classes by the id of a point that stays without their parts. */
  readonly parts: ReadonlyMap<string, ReadonlySet<string>>;
  /** Layers of this class alone are folded; those of all classes if not given. */
  readonly only?: string | undefined;
}

export interface FoldReport {
  readonly tablesFolded: number;
  readonly pointsRewritten: number;
  readonly chunksRewritten: number;
  readonly stored: { readonly objects: number; readonly bytes: number };
}

/**
 * Merges layers whose states no staying point shows: deltas into the base where the oldest staying point reads it through
 * them, and a delta into the next one where the point between them leaves. So a row that no staying point shows is in no
 * layer that a staying point names.
 *
 * Order: new pages and chunks, then a new part and then a new generation of each point; then points that lose parts get a
 * generation without them, and the older generations go. Every point can be read at every moment; stopped anywhere,
 * running it again continues from the points that are there.
 *
 * @throws CAPTURE_RUNNING  another fold is alive; DIGEST_MISMATCH  a folded base is not what its point says
 */
export const foldChains = async (world: FoldWorld, leaving: Leaving): Promise<FoldReport> => {
  const { vault, clock } = world;
  const onWait = (waitMs: number): void =>
    world.warn(`another fold has not ended: waiting ${Math.ceil(waitMs / 1000)} s to see whether it lives`);
  await awaitTurn(vault.hot, clock, "", onWait, world.signal);
  const foldId = `fold-${clock.now()}-${vault.entropy.bytes(ID_SALT_BYTES).toString("hex")}`;
  const held = await HeldIntent.take(vault.hot, clock, { id: foldId, database: "" });
  try {
    await assertAlone(world, foldId);
    // Everything it reads is named by points that stay, and so spared; what it writes lies under its own id.
    await held.need([]);
    const report = await foldUnder(world, held, foldId, leaving);
    await held.remove();
    return report;
  } catch (error) {
    // What was written without a point is swept after the lease. What counts is the error that brought us here.
    await held.giveUp().catch(() => undefined);
    throw error;
  }
};

/**
 * Two that began at once have not seen each other before they took their intents. Either would write generations of what it
 * read before the other's, and bring back a part that has left.
 */
const assertAlone = async ({ vault, clock }: FoldWorld, foldId: string): Promise<void> => {
  const live = (await listIntents(vault.hot)).filter((intent) => intent.leaseUntil > clock.now());
  const other = live.find((intent) => intent.database === "" && intent.id !== foldId);
  if (other !== undefined) throw new Failure("CAPTURE_RUNNING", `another fold is running (${other.id})`);
};

const foldUnder = async (world: FoldWorld, held: HeldIntent, foldId: string, leaving: Leaving): Promise<FoldReport> => {
  const { vault, clock } = world;
  const began = clock.elapsedMs();
  const staying = (await listPoints(vault.hot)).filter((point) => !leaving.points.has(point.id));
  const leaves = (point: Point, { class: name }: PartRef): boolean => leaving.parts.get(point.id)?.has(name) === true;
  const chains: TableChain[] = [];
  for (const point of staying)
    for (const ref of point.parts)
      if (!leaves(point, ref) && (leaving.only ?? ref.class) === ref.class)
        chains.push(...(await chainsOf(vault, point, ref)));
  const plan = planFolds(chains);
  const layers = new FoldLayers(vault, staying, plan.holders);
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
    const inputs = await layers.inputs(fold);
    const keys = await classKeys(vault, fold.provenBy, fold.class);
    const place = { ...keys, store: vault.hot, entropy: vault.entropy, class: fold.class, foldId };
    const folding = { ...place, cut: world.cut ?? BASE_CUT, signal: world.signal };
    const folded =
      fold.from === ""
        ? await foldTable(folding, { ...inputs.proof, layers: inputs.layers })
        : await foldDeltas(folding, inputs.proof, { deltas: inputs.layers, below: inputs.below });
    layers.set(fold, folded.layer);
    stored = { objects: stored.objects + folded.stored.objects, bytes: stored.bytes + folded.stored.bytes };
    chunksRewritten += folded.chunksRewritten;
  }

  for (const fold of plan.folds) {
    const chain = plan.rebased.find(
      (one) => one.pointId === fold.source && one.class === fold.class && one.table === fold.table,
    );
    // A base was proven as it was folded.
    if (chain !== undefined && fold.from !== "") await layers.prove(fold, chain, world.signal);
  }
  const written: string[] = [];
  const newest = new Map(staying.map((point) => [point.id, point]));
  const put = async (point: Point): Promise<void> => {
    await putPoint(vault.hot, point);
    newest.set(point.id, point);
    written.push(pointName(point.id, point.generation));
  };
  for (const point of staying) {
    const changed = plan.rebased.filter((chain) => chain.pointId === point.id);
    if (changed.length === 0) continue;
    world.signal.throwIfAborted();
    held.assertHeld();
    await put(await rebasedPoint(vault, point, changed, layers));
  }
  const pointsRewritten = written.length;
  // Only now: a point that says a part of it is gone says so of rows that no other point's layers hold any more.
  for (const point of newest.values()) {
    world.signal.throwIfAborted();
    const going: PartRef[] = [];
    // Whoever asked for the removal asks again, and says what was kept.
    for (const ref of point.parts.filter((one) => leaves(point, one)))
      if ((await keptBy(world, point.id, ref.class)) === undefined) going.push(ref);
    if (going.length === 0) continue;
    held.assertHeld();
    const gone = going.map((ref) => ({ class: ref.class, at: clock.now() }));
    const parts = point.parts.filter((ref) => !going.includes(ref));
    const expired = [...(point.expired ?? []), ...gone];
    await put({ ...point, generation: await nextGeneration(vault, point), parts, expired });
  }
  if (written.length > 0 && !(await held.isThere())) {
    for (const name of written.toReversed()) await vault.hot.delete(name);
    throw new Failure("CAPTURE_RUNNING", "the lease of the fold ended before it was done; its work was taken back", {
      hint: "run the same command again; this process was stopped for longer than its lease",
    });
  }
  for (const point of staying) await dropOlderGenerations(vault, point.id);
  return { tablesFolded: plan.folds.length, pointsRewritten, chunksRewritten, stored };
};

/** Why a part must not be destroyed now; undefined if it may. */
export const keptBy = async (
  { beforeDestroy }: Pick<FoldWorld, "beforeDestroy">,
  id: string,
  className: string,
): Promise<Failure | undefined> => {
  try {
    await beforeDestroy?.({ store: "hot", id, class: className });
    return undefined;
  } catch (error) {
    if (isFailure(error)) return error;
    throw error;
  }
};

const chainsOf = async (vault: Vault, point: Point, ref: PartRef): Promise<readonly TableChain[]> => {
  try {
    const part = await getPart(vault, point, ref);
    return part.tables.map((table) => ({
      pointId: point.id,
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

/** A new generation of a point whose tables start from other bases; its parts are stored. */
const rebasedPoint = async (
  vault: Vault,
  point: Point,
  changed: readonly TableChain[],
  layers: FoldLayers,
): Promise<Point> => {
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
      if (chain === undefined) {
        tables.push(table);
        continue;
      }
      const rebased = await layers.of(table, chain);
      tables.push({ ...table, layers: rebased, ranges: await layers.ranges(table, chain, rebased) });
    }
    const partKey = await vault.partKey(point.id, ref.class);
    parts.push(await putPart(vault.hot, vault.entropy, { ...part, tables }, { partKey, generation }));
  }
  return { ...point, generation, parts };
};

/** Above every generation of the point and of its parts: one that died may have left a part that no point names. */
export const nextGeneration = async (vault: Vault, point: Point): Promise<number> => {
  let highest = point.generation;
  for await (const { name } of vault.hot.list(partPrefix(point.id))) {
    highest = Math.max(highest, Number(name.slice(name.lastIndexOf(".") + 1)));
  }
  return highest + 1;
};

/** Lowest first: what is left if it stops is the newest. Their parts are swept as parts that no point names. */
export const dropOlderGenerations = async (vault: Vault, id: string): Promise<void> => {
  for (const name of (await pointGenerations(vault.hot, id)).slice(0, -1)) await vault.hot.delete(name);
};
