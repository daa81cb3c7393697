import type { Layer, PageRef, Part, PartRef, PartTable, Point } from "../model/point.ts";
import type { ReportProgress } from "../model/progress.ts";
import type { Clock } from "../ports/clock.ts";
import { decodeDocument, sha256 } from "./document.ts";
import { layerSource } from "./layers.ts";
import { getPart, getPointObject, pagesOf } from "./points.ts";
import { shreddedKeysThatStand } from "./shred.ts";
import type { ClassSecret, Vault } from "./vault.ts";
import { checkKeys } from "./verify-keys.ts";
import { checkPage, type PageChecked, type PageWork } from "./verify-pages.ts";
import { claimsOf, Problems, type VerifyLevel, type VerifyReport } from "./verify-report.ts";

export interface VerifyWorld {
  readonly vault: Vault;
  readonly clock: Clock;
  readonly progress: ReportProgress;
  readonly signal: AbortSignal;
}

export interface VerifyOptions {
  readonly level: VerifyLevel;
  /** Ids of the points to verify; all if not given. */
  readonly points?: readonly string[] | undefined;
}

/** One lane's share of a proof that several lanes make and that may stop and go on. */
export interface VerifySlice {
  readonly point: Point;
  readonly lane: number;
  readonly lanes: number;
  /** Where to go on: 0, or `next` of the slice before. */
  readonly from: number;
  /** Asked after every page and every table's keys: whether to stop there. */
  readonly enough: () => boolean;
}

export interface SliceReport extends Pick<VerifyReport, "tables" | "rows" | "objects" | "bytes" | "problems"> {
  /** Undefined when the lane has done its share. */
  readonly next: number | undefined;
}

/**
 * What level read proves of one point, in slices: those of all lanes together look at everything that `verify` looks at.
 * Each page's chunks are opened in one lane, each table's keys are merged in one.
 * @throws what `verify` throws
 */
export const verifySlice = (world: VerifyWorld, slice: VerifySlice): Promise<SliceReport> =>
  new Verification(world, { level: "read" }).slice(slice);

/**
 * Verifies points without a database. Every problem is collected, each with its point, table and object; what several
 * points share is read once.
 *
 * Memory: one page and three chunks, one part's manifest, and 200 bytes for each page of the points.
 *
 * @throws STORE_UNREACHABLE, STORE_FORBIDDEN, the signal's reason: what says nothing about the vault's content
 */
export const verify = async (world: VerifyWorld, options: VerifyOptions): Promise<VerifyReport> => {
  const run = new Verification(world, options);
  return run.run();
};

class Verification {
  readonly #world: VerifyWorld;
  readonly #options: VerifyOptions;
  readonly #problems = new Problems();
  readonly #began: number;
  /** What is known of each page, and the reference it was checked against. */
  readonly #pages = new Map<string, { readonly ref: string; readonly checked: PageChecked }>();
  /** Digests of layers and ranges that were found to agree: a table that did not change is merged once, not for each point. */
  readonly #merged = new Set<string>();
  readonly #counts = { points: 0, expired: 0, tables: 0, tablesDone: 0, rows: 0, objects: 0, bytes: 0 };

  constructor(world: VerifyWorld, options: VerifyOptions) {
    this.#world = world;
    this.#options = options;
    this.#began = world.clock.elapsedMs();
  }

  async run(): Promise<VerifyReport> {
    const { level } = this.#options;
    this.#tell("listing");
    await this.#checkIntents();
    if (this.#options.points === undefined) await this.#checkTombstones();
    for (const point of await this.#points()) await this.#checkPoint(point);
    this.#tell(level === "read" ? "reading rows" : "opening pages");
    const { points, expired, tables, rows, objects, bytes } = this.#counts;
    const elapsedMs = this.#world.clock.elapsedMs() - this.#began;
    const counts = { points, expired, tables, rows, objects, bytes };
    return { level, ...counts, problems: this.#problems.all, ...claimsOf(level), elapsedMs };
  }

  /** Work is told apart by its place: of every table first its keys, then its pages one by one. */
  async slice({ point, lane, lanes, from, enough }: VerifySlice): Promise<SliceReport> {
    let place = 0;
    const isOurs = (): boolean => place++ >= from && (place - 1) % lanes === lane;
    for (const ref of point.parts) {
      const opened = await this.#open(point, ref);
      if (opened === undefined) continue;
      const { part, secret } = opened;
      this.#checkCounts(point, ref, part);
      for (const table of part.tables) {
        const work = this.#workOf(point, part, table, secret);
        if (isOurs()) {
          this.#counts.tables++;
          // The keys are in the pages: their chunks wait for the pages' own turn, and are counted then.
          await this.#checkTable({ ...work, level: "list", onRead: () => {} }, table, "keys too");
          if (enough()) return this.#sliced(place);
        }
        for (const page of table.layers.flatMap((layer) => [...layer.pages, ...layer.gone])) {
          if (!isOurs()) continue;
          await checkPage(work, page);
          if (enough()) return this.#sliced(place);
        }
      }
    }
    return this.#sliced(undefined);
  }

  #sliced(next: number | undefined): SliceReport {
    const { tables, rows, objects, bytes } = this.#counts;
    return { next, tables, rows, objects, bytes, problems: this.#problems.all };
  }

  #tell(phase: string): void {
    this.#world.progress({
      phase,
      tablesDone: this.#counts.tablesDone,
      tablesTotal: this.#counts.tables,
      rowsDone: this.#counts.rows,
      bytesDone: this.#counts.bytes,
      elapsedMs: this.#world.clock.elapsedMs() - this.#began,
    });
  }

  async #checkIntents(): Promise<void> {
    const { hot } = this.#world.vault;
    for await (const { name, bytes } of hot.list("intents/")) {
      this.#count(bytes);
      await this.#problems.attempt({ object: name }, async () => {
        const document = await hot.get(name);
        // It was renewed or released meanwhile.
        if (document !== undefined) decodeDocument(name, document, 1);
      });
    }
  }

  /** A key that was destroyed and is there again opens what nobody may read any more. */
  async #checkTombstones(): Promise<void> {
    for await (const object of shreddedKeysThatStand(this.#world.vault.stores.keys))
      this.#problems.add(
        "KEY_SHREDDED",
        `wrapped key ${object} was destroyed and is there again, beside its tombstone`,
        {
          object,
        },
      );
  }

  /** The newest generation of each point; older ones are only held to their digests. */
  async #points(): Promise<readonly Point[]> {
    const { hot } = this.#world.vault;
    const newest = new Map<string, Point | undefined>();
    for await (const { name, bytes } of hot.list("points/")) {
      const id = name.split("/")[1] as string;
      if (this.#options.points !== undefined && !this.#options.points.includes(id)) continue;
      this.#count(bytes);
      newest.set(id, await this.#problems.attempt({ point: id, object: name }, () => getPointObject(hot, name)));
    }
    const points = [...newest.values()].filter((point) => point !== undefined);
    return points.toSorted((a, b) => a.startedAt - b.startedAt);
  }

  async #checkPoint(point: Point): Promise<void> {
    this.#counts.points++;
    this.#counts.expired += point.expired?.length ?? 0;
    const { vault, signal } = this.#world;
    const { level } = this.#options;
    for (const ref of point.parts) {
      signal.throwIfAborted();
      const opened = await this.#open(point, ref);
      if (opened === undefined) continue;
      this.#count((await vault.hot.head(ref.name))?.bytes ?? 0);
      const { part, secret } = opened;
      this.#counts.tables += part.tables.length;
      for (const table of part.tables) {
        const work = this.#workOf(point, part, table, secret);
        await this.#checkTable(work, table, level === "read" ? "keys too" : "layers only");
        this.#counts.tablesDone++;
        this.#tell(level === "read" ? "reading rows" : "opening pages");
      }
      this.#checkCounts(point, ref, part);
    }
  }

  #open(point: Point, ref: PartRef): Promise<{ part: Part; secret: ClassSecret } | undefined> {
    const { vault } = this.#world;
    return this.#problems.attempt({ point: point.id, object: ref.name }, async () => {
      const part = await getPart(vault, point, ref);
      return { part, secret: await vault.classSecret(ref.class) };
    });
  }

  #checkCounts(point: Point, ref: PartRef, part: Part): void {
    const pages = pagesOf(part);
    const same =
      ref.tables === part.tables.length &&
      ref.rows === part.tables.reduce((rows, table) => rows + table.rows, 0) &&
      ref.plainBytes === pages.reduce((bytes, page) => bytes + page.plainBytes, 0);
    if (!same)
      this.#problems.add("DIGEST_MISMATCH", `the point says other counts than its part ${ref.name}`, {
        point: point.id,
        object: ref.name,
      });
  }

  #workOf(point: Point, part: Part, table: PartTable, secret: ClassSecret): PageWork {
    return {
      source: layerSource(this.#world.vault.hot, secret.namingSecret, part.class, table),
      facts: table.facts,
      hashSeed: secret.hashSeed,
      level: this.#options.level,
      problems: this.#problems,
      where: { point: point.id, table: `${table.facts.schema}.${table.facts.name}` },
      signal: this.#world.signal,
      onRead: ({ objects, bytes, rows }) => {
        this.#counts.objects += objects;
        this.#counts.bytes += bytes;
        this.#counts.rows += rows;
      },
    };
  }

  async #checkTable(work: PageWork, table: PartTable, what: "keys too" | "layers only"): Promise<void> {
    let ok = true;
    for (const layer of table.layers) if (!(await this.#checkLayer(work, layer))) ok = false;
    const merged = sha256(JSON.stringify([table.layers, table.ranges, table.rows]));
    if (!ok || what === "layers only" || this.#merged.has(merged)) return;
    await this.#problems.attempt(work.where, () => checkKeys(work, table));
    this.#merged.add(merged);
  }

  async #checkLayer(work: PageWork, layer: Layer): Promise<boolean> {
    let ok = true;
    let sum = 0n;
    for (const pages of [layer.pages, layer.gone]) {
      let before: PageRef | undefined;
      for (const ref of pages) {
        const checked = await this.#page(work, ref);
        ok &&= checked.ok;
        sum += checked.sum;
        if (work.facts.key !== undefined && before !== undefined && before.last >= ref.first) {
          ok = false;
          this.#problems.add("DIGEST_MISMATCH", `page ${ref.name} does not follow the one before it`, work.where);
        }
        before = ref;
      }
    }
    const rows = layer.pages.reduce((total, page) => total + page.rows, 0);
    const goneRows = layer.gone.reduce((total, page) => total + page.rows, 0);
    const sums = String(BigInt.asUintN(64, sum)) === layer.sum;
    if (ok && (rows !== layer.rows || goneRows !== layer.goneRows || !sums)) {
      ok = false;
      this.#problems.add(
        "DIGEST_MISMATCH",
        `the ${layer.kind} of point ${layer.pointId} has ${rows} rows and ${goneRows} gone keys, expected ${layer.rows} and ${layer.goneRows}, or their keys differ`,
        work.where,
      );
    }
    return ok;
  }

  async #page(work: PageWork, ref: PageRef): Promise<PageChecked> {
    const text = JSON.stringify(ref);
    const known = this.#pages.get(ref.name);
    if (known !== undefined) {
      if (known.ref === sha256(text)) return known.checked;
      this.#problems.add("DIGEST_MISMATCH", `two parts say different things about page ${ref.name}`, {
        ...work.where,
        object: ref.name,
      });
      return { ok: false, sum: 0n };
    }
    const checked = await checkPage(work, ref);
    this.#pages.set(ref.name, { ref: sha256(text), checked });
    this.#tell(this.#options.level === "read" ? "reading rows" : "opening pages");
    return checked;
  }

  #count(bytes: number): void {
    this.#counts.objects++;
    this.#counts.bytes += bytes;
  }
}
