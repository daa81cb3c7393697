import type { PageRef, Part, PartTable, Point } from "../model/point.ts";
import type { ReportProgress } from "../model/progress.ts";
import { partClass } from "../model/row-age.ts";
import type { EpochMs } from "../model/units.ts";
import type { Clock } from "../ports/clock.ts";
import { sha256 } from "./document.ts";
import { FoundNames } from "./found-names.ts";
import { type Intent, listIntents } from "./intent.ts";
import { layerSource } from "./layers.ts";
import { getPart, pagesOf, pointName } from "./points.ts";
import { readablePoints } from "./readable-points.ts";
import { type LeftOver, leftOfExpired, leftOver } from "./stock-left.ts";
import { lookAtPage } from "./stock-page.ts";
import { type ClassSecret, partKeyName, type Vault } from "./vault.ts";
import { checkKeys } from "./verify-keys.ts";
import { checkPage, type PageWork } from "./verify-pages.ts";
import { Problems, type VerifyProblem } from "./verify-report.ts";

/** Pages looked at side by side. */
const PAGES_AT_ONCE = 16;

export interface StockWorld {
  readonly vault: Vault;
  readonly clock: Clock;
  readonly progress: ReportProgress;
  readonly signal: AbortSignal;
}

/** What is not only looked for but read, by its name and when it was written. */
export type ReadChoice = (name: string, writtenAt: EpochMs) => boolean;

export interface Stock extends LeftOver {
  /** Newest generations, oldest first; those that cannot be read are problems. */
  readonly points: readonly Point[];
  /** Tables of the newest point of each database, with the class whose part they are in, or whose days' parts. */
  readonly tables: readonly {
    readonly database: string;
    readonly schema: string;
    readonly name: string;
    readonly class: string;
  }[];
  /** Points of which something is missing or damaged. */
  readonly damaged: ReadonlySet<string>;
  readonly problems: readonly VerifyProblem[];
  readonly found: { readonly objects: number; readonly bytes: number };
  /** Names that Lastgood gives to nothing: the first of them, and how many. */
  readonly strangers: { readonly names: readonly string[]; readonly total: number };
  /** Keys and objects of parts that a point says have left. */
  readonly leftOfExpired: readonly string[];
  readonly read: {
    readonly points: readonly string[];
    readonly objects: number;
    readonly bytes: number;
    readonly rows: number;
  };
}

/**
 * Takes stock of a vault: what is there against what its points name, both ways. Every point and part is opened; that pages
 * and chunks are there, and together have their size, is seen from one listing and the clear header of each page. A share of
 * the pages is read with all their chunks, and of a share of the points it is proven that their layers hold the keys that the
 * database counted.
 *
 * Costs one listing, a read of each point and part, a small read of each page, and the share. What comes and goes meanwhile
 * is no problem: what is not in the listing is looked for, and what a point names that has gone itself is not missed.
 *
 * Memory: one part's manifest and one page, 50 bytes for each chunk and 200 for each page.
 *
 * @throws STORE_*, the signal's reason: what says nothing about the vault's content
 */
export const takeStock = async (world: StockWorld, reads: ReadChoice): Promise<Stock> => {
  const found = await FoundNames.list(world.vault.stores);
  return new Stocktaking(world, reads, found).run();
};

class Stocktaking {
  readonly #world: StockWorld;
  readonly #reads: ReadChoice;
  readonly #found: FoundNames;
  readonly #began: number;
  readonly #pagesSeen = new Set<string>();
  readonly #pagesDamaged = new Set<string>();
  readonly #keysProven = new Set<string>();
  readonly #damaged = new Set<string>();
  readonly #tables = new Map<string, Stock["tables"][number]>();
  readonly #read = { points: [] as string[], objects: 0, bytes: 0, rows: 0 };
  #problems: readonly VerifyProblem[] = [];
  #partsDone = 0;
  #partsTotal = 0;

  constructor(world: StockWorld, reads: ReadChoice, found: FoundNames) {
    this.#world = world;
    this.#reads = reads;
    this.#found = found;
    this.#began = world.clock.elapsedMs();
  }

  async run(): Promise<Stock> {
    const { hot } = this.#world.vault;
    const live = await this.#liveIntents();
    const points = await this.#points();
    this.#partsTotal = points.reduce((sum, point) => sum + point.parts.length, 0);
    const newest = new Map(points.map((point) => [point.database, point.id]));
    for (const point of points) await this.#checkPoint(point, newest.get(point.database) === point.id);
    const problems = new Problems();
    const left = await leftOver({ vault: this.#world.vault, problems }, this.#found, live);
    this.#problems = [...this.#problems, ...problems.all];
    const { objects, bytes, strangers, strangersTotal } = this.#found;
    const there: Point[] = [];
    for (const point of points)
      if (!this.#damaged.has(point.id) || (await hot.head(pointName(point.id, point.generation))) !== undefined)
        there.push(point);
    return {
      points: there,
      tables: [...this.#tables.values()],
      damaged: this.#damaged,
      problems: this.#problems,
      found: { objects, bytes },
      ...left,
      strangers: { names: strangers, total: strangersTotal },
      leftOfExpired: await leftOfExpired(this.#world.vault, this.#found, points),
      read: this.#read,
    };
  }

  async #liveIntents(): Promise<readonly Intent[]> {
    const { vault, clock } = this.#world;
    const intents = await this.#attempt(async () => listIntents(vault.hot), {});
    return (intents ?? []).filter((intent) => intent.leaseUntil > clock.now());
  }

  /** What older generations name, and a fold has not taken away yet, is named too. */
  async #points(): Promise<readonly Point[]> {
    const { points, older, problems } = await readablePoints(this.#world.vault.hot, this.#found.points);
    for (const { parts } of older) for (const ref of parts) this.#found.nameObject(ref.name);
    this.#problems = [...this.#problems, ...problems];
    return points;
  }

  async #checkPoint(point: Point, isNewest: boolean): Promise<void> {
    const { vault, signal } = this.#world;
    const provesKeys = this.#reads(point.id, point.finishedAt);
    const problems = new Problems();
    for (const ref of point.parts) {
      signal.throwIfAborted();
      this.#tell();
      this.#partsDone++;
      this.#found.nameKey(partKeyName(point.id, ref.class));
      this.#found.nameObject(ref.name);
      const opened = await problems.attempt({ point: point.id, object: ref.name }, async () => ({
        part: await getPart(vault, point, ref),
        secret: await vault.classSecret(ref.class),
      }));
      if (opened === undefined) continue;
      const { part, secret } = opened;
      await this.#checkPages(point, part, secret, problems);
      if (isNewest) this.#noteTables(point, part);
      if (provesKeys) await this.#proveKeys(point, part, secret, problems);
    }
    if (provesKeys) this.#read.points.push(point.id);
    await this.#note(point, problems);
  }

  /** A table that is divided by age is in several parts of its class. */
  #noteTables({ database }: Point, part: Part): void {
    const { class: className } = partClass(part.class);
    for (const { facts } of part.tables) {
      const { schema, name } = facts;
      this.#tables.set(JSON.stringify([database, schema, name, className]), {
        database,
        schema,
        name,
        class: className,
      });
    }
  }

  async #checkPages(point: Point, part: Part, secret: ClassSecret, problems: Problems): Promise<void> {
    if (pagesOf(part).some((page) => this.#pagesDamaged.has(page.name))) this.#damaged.add(point.id);
    for (const table of part.tables) {
      const fresh = table.layers
        .flatMap((layer) => [...layer.pages, ...layer.gone])
        .filter((page) => !this.#pagesSeen.has(page.name));
      const work = this.#workOf(point, part, table, secret, problems);
      for (let at = 0; at < fresh.length; at += PAGES_AT_ONCE) {
        this.#world.signal.throwIfAborted();
        await Promise.all(fresh.slice(at, at + PAGES_AT_ONCE).map((page) => this.#look(work, page)));
      }
      for (const page of fresh) {
        const facts = this.#found.nameObject(page.name);
        if (facts === undefined || !this.#reads(page.name, facts.writtenAt)) continue;
        if (!(await checkPage(work, page)).ok) this.#pagesDamaged.add(page.name);
        this.#tell();
      }
    }
  }

  async #look(work: PageWork, page: PageRef): Promise<void> {
    this.#pagesSeen.add(page.name);
    if (!(await lookAtPage(this.#found, work, page))) this.#pagesDamaged.add(page.name);
  }

  async #proveKeys(point: Point, part: Part, secret: ClassSecret, problems: Problems): Promise<void> {
    for (const table of part.tables) {
      // A table that did not change is merged once, not for each point.
      const merged = sha256(JSON.stringify([table.layers, table.ranges, table.rows]));
      if (this.#keysProven.has(merged)) continue;
      this.#keysProven.add(merged);
      const work = this.#workOf(point, part, table, secret, problems);
      await problems.attempt(work.where, () => checkKeys(work, table));
    }
  }

  #workOf(point: Point, part: Part, table: PartTable, secret: ClassSecret, problems: Problems): PageWork {
    return {
      source: layerSource(this.#world.vault.hot, secret.namingSecret, part.class, table),
      facts: table.facts,
      hashSeed: secret.hashSeed,
      level: "read",
      problems,
      where: { point: point.id, table: `${table.facts.schema}.${table.facts.name}` },
      signal: this.#world.signal,
      onRead: ({ objects, bytes, rows }) => {
        this.#read.objects += objects;
        this.#read.bytes += bytes;
        this.#read.rows += rows;
      },
    };
  }

  /** What is wrong with a point that has gone meanwhile, or that a fold has put another generation of in place, is not wrong. */
  async #note(point: Point, problems: Problems): Promise<void> {
    if (problems.all.length === 0) return;
    if ((await this.#world.vault.hot.head(pointName(point.id, point.generation))) === undefined) return;
    this.#damaged.add(point.id);
    this.#problems = [...this.#problems, ...problems.all];
  }

  async #attempt<T>(look: () => Promise<T>, where: Parameters<Problems["attempt"]>[0]): Promise<T | undefined> {
    const problems = new Problems();
    const result = await problems.attempt(where, look);
    this.#problems = [...this.#problems, ...problems.all];
    return result;
  }

  #tell(): void {
    this.#world.progress({
      phase: "taking stock",
      tablesDone: this.#partsDone,
      tablesTotal: this.#partsTotal,
      rowsDone: this.#read.rows,
      bytesDone: this.#read.bytes,
      elapsedMs: this.#world.clock.elapsedMs() - this.#began,
    });
  }
}
