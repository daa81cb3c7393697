import { Failure } from "../model/errors.ts";
import type { PartRef } from "../model/point.ts";
import type { ReportProgress } from "../model/progress.ts";
import type { Clock } from "../ports/clock.ts";
import type { ObjectFacts, ObjectStore, VaultStores } from "../ports/object-store.ts";
import { sha256 } from "./document.ts";
import { type FoldWorld, keptBy } from "./fold-chain.ts";
import { listIntents, removeEndedIntents, removeIntent } from "./intent.ts";
import { pageChunkNames } from "./page.ts";
import { type PartHeader, partObjects, readPointObject } from "./points.ts";
import { readHeader } from "./seal.ts";
import { isShredded, shredKey } from "./shred.ts";
import { isChunkName, SweepNames } from "./sweep-names.ts";
import { WORK_SPARED_MS, workLeft } from "./sweep-work.ts";

/** Chunks do not tell who wrote them but by their age; the store's clock may be this far from ours. */
const CLOCK_SKEW_MS = 10 * 60_000;
/** Rounds of looking until nothing new appears. Two are enough unless points are taken or removed meanwhile. */
const ROUNDS_MAX = 10;

export interface SweepWorld {
  readonly stores: VaultStores;
  readonly clock: Clock;
  readonly progress: ReportProgress;
  readonly signal: AbortSignal;
  /** As in FoldWorld. */
  readonly beforeDestroy?: FoldWorld["beforeDestroy"] | undefined;
}

interface Count {
  readonly objects: number;
  readonly bytes: number;
}

export interface SweepReport {
  readonly dryRun: boolean;
  /** Why nothing was deleted this time although something may be unnamed. */
  readonly postponed: string | undefined;
  readonly intentsRetired: number;
  readonly pages: Count;
  readonly chunks: Count;
  readonly parts: Count;
  readonly keys: Count;
  /** Boards of runs that are over, and withdrawn points. */
  readonly work: Count;
  /** Unnamed, but spared because an intent that is alive may have written it. */
  readonly spared: Count;
}

/**
 * Deletes what nothing names. Needs no key: it reads point documents and the clear headers of parts and pages.
 *
 * 1. List what there is: only what is on this list can be deleted, so nothing written from now on is touched.
 * 2. Retire intents whose lease is over. Their pages cannot be taken over any more: whoever comes later does not see them.
 * 3. List intents, then points, again and again until a round shows no intent and no point that the one before did not.
 *    A capture that began unseen saw a point that is gone now only if it is alive in the next round, or had become a point
 *    itself. An intent that is not settled may need anything: then nothing is deleted this time.
 * 4. Take from the list everything that points (all generations), their parts and pages, and live intents name.
 * 5. Delete the rest: pages first, so that nobody takes over a page whose chunks are going, then chunks, parts that no
 *    point names, wrapped keys of points that are gone. A live intent's pages and keys are known by its id; chunks and a
 *    fold's parts are not, so of these what is younger than the oldest live intent is spared (and ten minutes older, for
 *    clocks differ).
 *
 * Anything named that is missing, or a part that is not the one its point names, ends the sweep before it deletes: a
 * damaged header must not make good objects look unnamed.
 *
 * Memory: about 100 bytes for each chunk in the vault (a terabyte of rows has about a million), and the names of all pages.
 *
 * @throws OBJECT_MISSING, OBJECT_CORRUPT  the vault is damaged; nothing was deleted
 */
export const sweep = async (world: SweepWorld, options: { readonly dryRun: boolean }): Promise<SweepReport> => {
  const { hot, keys } = world.stores;
  const began = world.clock.elapsedMs();
  const tell = (phase: string, objects: number): void =>
    world.progress({
      phase,
      tablesDone: 0,
      tablesTotal: 0,
      rowsDone: objects,
      bytesDone: 0,
      elapsedMs: world.clock.elapsedMs() - began,
    });
  tell("listing", 0);
  const names = await SweepNames.list(world.stores);
  const intentsRetired = await retireDead(world, options.dryRun);
  const seen = await lookUntilStable(world);
  const report = { dryRun: options.dryRun, intentsRetired };
  const unsettled = seen.live.find((intent) => !intent.settled);
  if (unsettled !== undefined)
    return { ...report, ...NOTHING, postponed: `${unsettled.id} is starting and may need anything; sweep again later` };

  tell("reading what is named", 0);
  const pages = new Set<string>();
  for (const { ref, point, pointObject } of seen.parts) {
    world.signal.throwIfAborted();
    names.nameKey(point, ref.class);
    names.namePart(ref.name);
    for (const page of await pagesOf(hot, ref, pointObject)) pages.add(page);
  }
  const needed = new Set<string>();
  for (const intent of seen.live) {
    names.spareOwn(intent.id);
    for (const page of intent.needs) needed.add(page);
  }
  for (const page of names.ownPages()) needed.add(page);
  for (const page of await pagesHeld(world, names)) needed.add(page);
  let read = 0;
  for (const page of new Set([...pages, ...needed])) {
    world.signal.throwIfAborted();
    if (++read % 64 === 0) tell("reading what is named", read);
    const chunks = await pageChunkNames(hot, page);
    if (chunks === undefined) {
      // An intent may end, and its pages go, while we look. What a point names must be there.
      if (pages.has(page)) await assertThere(hot, page);
      continue;
    }
    names.namePage(page);
    for (const chunk of chunks) {
      if (names.nameChunk(chunk)) continue;
      if (!isChunkName(chunk)) throw damaged(page, "it names what is no chunk");
      await assertThere(hot, chunk);
    }
  }

  const oldest = Math.min(...seen.live.map((intent) => intent.startedAt));
  const spareFrom = oldest - CLOCK_SKEW_MS;
  const run = new Deletion(world, options.dryRun, tell);
  const fromHot = (name: string): Promise<unknown> => hot.delete(name);
  const shred = (name: string): Promise<unknown> => shredKey(keys, name, world.clock.now());
  const swept = {
    pages: await run.remove(names.pagesLeft(), fromHot, Number.POSITIVE_INFINITY),
    chunks: await run.remove(chunksLeft(hot, names), fromHot, spareFrom),
    parts: await run.remove(names.partsLeft(), fromHot, spareFrom),
    keys: await run.remove(names.keysLeft(), shred, Number.POSITIVE_INFINITY),
    work: await run.remove(workLeft(hot, seen), fromHot, world.clock.now() - WORK_SPARED_MS),
  };
  return { ...report, ...swept, spared: run.spared, postponed: undefined };
};

const NO: Count = { objects: 0, bytes: 0 };
const NOTHING = { pages: NO, chunks: NO, parts: NO, keys: NO, work: NO, spared: NO };

const retireDead = async ({ stores, clock }: SweepWorld, dryRun: boolean): Promise<number> => {
  const dead = (await listIntents(stores.hot)).filter((intent) => intent.leaseUntil <= clock.now());
  if (dryRun) return dead.length;
  for (const intent of dead) await removeIntent(stores.hot, intent.id);
  await removeEndedIntents(stores.hot);
  return dead.length;
};

interface Seen {
  readonly live: Awaited<ReturnType<typeof listIntents>>;
  readonly parts: readonly { readonly point: string; readonly pointObject: string; readonly ref: PartRef }[];
  /** Ids of points, and of those that were withdrawn. */
  readonly points: ReadonlySet<string>;
  readonly withdrawn: ReadonlySet<string>;
}

/** Everything seen in any round counts, so that it does not matter what goes while we look. */
const lookUntilStable = async ({ stores, clock, signal }: SweepWorld): Promise<Seen> => {
  const { hot } = stores;
  const live = new Map<string, Seen["live"][number]>();
  const parts: Seen["parts"][number][] = [];
  const objects = new Set<string>();
  const points = new Set<string>();
  const withdrawn = new Set<string>();
  for (let round = 1; round <= ROUNDS_MAX; round++) {
    signal.throwIfAborted();
    let fresh = round === 1;
    for (const intent of await listIntents(hot)) {
      if (intent.leaseUntil <= clock.now()) continue;
      const before = live.get(intent.id);
      fresh ||= before === undefined;
      live.set(intent.id, { ...intent, needs: [...new Set([...(before?.needs ?? []), ...intent.needs])] });
    }
    for await (const { name } of hot.list("points/")) {
      if (objects.has(name)) continue;
      const point = await readPointObject(hot, name);
      // Gone between listing and reading: it was removed, or replaced by the next generation, which the next round shows.
      fresh = true;
      if (point === undefined) continue;
      objects.add(name);
      const id = name.split("/")[1] as string;
      if (point === "withdrawn") {
        withdrawn.add(id);
        continue;
      }
      points.add(id);
      for (const ref of point.parts) parts.push({ point: id, pointObject: name, ref });
    }
    if (fresh) continue;
    // What a withdrawn point names may be gone.
    for (const id of withdrawn) points.delete(id);
    return { live: [...live.values()], parts: parts.filter(({ point }) => points.has(point)), points, withdrawn };
  }
  throw new Failure("CAPTURE_RUNNING", `points came and went in each of ${ROUNDS_MAX} looks; nothing was swept`, {
    hint: "sweep again when less is going on",
  });
};

/** The pages a part names. Its digest stands in its point, so that a damaged header cannot hide one. */
const pagesOf = async (hot: ObjectStore, ref: PartRef, pointObject: string): Promise<readonly string[]> => {
  const sealed = await hot.get(ref.name);
  if (sealed === undefined) {
    // Without its point it is not missing: the point was removed, or replaced by its next generation, while we looked.
    if ((await hot.head(pointObject)) !== undefined) await assertThere(hot, ref.name);
    return [];
  }
  if (sha256(sealed) !== ref.sha256) throw damaged(ref.name, "it is not the part its point names");
  return readHeader<PartHeader>(ref.name, sealed, "part").pages;
};

/**
 * What a removal that died had let go of and is held since. Its key says that nothing of it is lost yet; it is spared as if
 * a point named it.
 * @returns the pages that such parts name
 */
const pagesHeld = async (world: SweepWorld, names: SweepNames): Promise<readonly string[]> => {
  const pages: string[] = [];
  for (const { name: key } of names.keysLeft()) {
    const [, id = "", className = ""] = key.split("/");
    const isLost = await isShredded(world.stores.keys, key);
    if (isLost || (await keptBy(world, id, className)) === undefined) continue;
    names.nameKey(id, className);
    for (const { name } of names.partsLeft().filter((part) => part.name.startsWith(partObjects(id, className)))) {
      names.namePart(name);
      const sealed = await world.stores.hot.get(name);
      if (sealed !== undefined) pages.push(...readHeader<PartHeader>(name, sealed, "part").pages);
    }
  }
  return pages;
};

const damaged = (name: string, why: string): Failure =>
  new Failure("OBJECT_CORRUPT", `object ${name} is damaged: ${why}; nothing was swept`, { facts: { object: name } });

const assertThere = async (hot: ObjectStore, name: string): Promise<void> => {
  if ((await hot.head(name)) !== undefined) return;
  throw new Failure("OBJECT_MISSING", `object ${name} is missing from the vault; nothing was swept`, {
    facts: { object: name },
  });
};

async function* chunksLeft(hot: ObjectStore, names: SweepNames): AsyncGenerator<ObjectFacts> {
  for await (const facts of hot.list("chunks/")) if (names.isChunkLeft(facts.name)) yield facts;
}

/** Deletes one kind after the other and counts. A dry run counts alone. */
class Deletion {
  spared: Count = NO;
  readonly #world: SweepWorld;
  readonly #dryRun: boolean;
  readonly #tell: (phase: string, objects: number) => void;
  #done = 0;

  constructor(world: SweepWorld, dryRun: boolean, tell: (phase: string, objects: number) => void) {
    this.#world = world;
    this.#dryRun = dryRun;
    this.#tell = tell;
  }

  /** @param spareFrom  what was written then or later is spared, epoch ms */
  async remove(
    left: Iterable<ObjectFacts> | AsyncIterable<ObjectFacts>,
    destroy: (name: string) => Promise<unknown>,
    spareFrom: number,
  ): Promise<Count> {
    let count = NO;
    for await (const { name, bytes, writtenAt } of left) {
      this.#world.signal.throwIfAborted();
      if (writtenAt >= spareFrom) {
        this.spared = { objects: this.spared.objects + 1, bytes: this.spared.bytes + bytes };
        continue;
      }
      if (!this.#dryRun) await destroy(name);
      count = { objects: count.objects + 1, bytes: count.bytes + bytes };
      if (++this.#done % 256 === 0) this.#tell(this.#dryRun ? "counting" : "deleting", this.#done);
    }
    return count;
  }
}
