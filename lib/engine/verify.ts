import type { Layer, PageRef, Part, PartTable, Point } from "../model/point.ts";
import type { ReportProgress } from "../model/progress.ts";
import type { Clock } from "../ports/clock.ts";
import { decodeDocument, sha256 } from "./document.ts";
import { layerSource } from "./layers.ts";
import { getPart, getPointObject, pagesOf } from "./points.ts";
import type { ClassSecret, Vault } from "./vault.ts";
import { digestKeys, firstDifference } from "./verify-keys.ts";
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
  readonly #counts = { points: 0, tables: 0, tablesDone: 0, rows: 0, objects: 0, bytes: 0 };

  constructor(world: VerifyWorld, options: VerifyOptions) {
    this.#world = world;
    this.#options = options;
    this.#began = world.clock.elapsedMs();
  }

  async run(): Promise<VerifyReport> {
    const { level } = this.#options;
    this.#tell("listing");
    await this.#checkIntents();
    for (const point of await this.#points()) await this.#checkPoint(point);
    this.#tell(level === "read" ? "reading rows" : "opening pages");
    const { points, tables, rows, objects, bytes } = this.#counts;
    const elapsedMs = this.#world.clock.elapsedMs() - this.#began;
    return { level, points, tables, rows, objects, bytes, problems: this.#problems.all, ...claimsOf(level), elapsedMs };
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
    const { vault } = this.#world;
    for (const ref of point.parts) {
      this.#world.signal.throwIfAborted();
      const opened = await this.#problems.attempt({ point: point.id, object: ref.name }, async () => {
        const part = await getPart(vault, point, ref);
        return { part, secret: await vault.classSecret(ref.class) };
      });
      if (opened === undefined) continue;
      this.#count((await vault.hot.head(ref.name))?.bytes ?? 0);
      const { part, secret } = opened;
      this.#counts.tables += part.tables.length;
      for (const table of part.tables) await this.#checkTable(point, part, table, secret);
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
  }

  async #checkTable(point: Point, part: Part, table: PartTable, secret: ClassSecret): Promise<void> {
    const { vault, signal } = this.#world;
    const where = { point: point.id, table: `${table.facts.schema}.${table.facts.name}` };
    const source = layerSource(vault.hot, secret.namingSecret, part.class, table);
    const work: PageWork = {
      source,
      facts: table.facts,
      hashSeed: secret.hashSeed,
      level: this.#options.level,
      problems: this.#problems,
      where,
      signal,
      onRead: ({ objects, bytes, rows }) => {
        this.#counts.objects += objects;
        this.#counts.bytes += bytes;
        this.#counts.rows += rows;
      },
    };
    let ok = true;
    for (const layer of table.layers) if (!(await this.#checkLayer(work, layer))) ok = false;
    const merged = sha256(JSON.stringify([table.layers, table.ranges, table.rows]));
    if (ok && this.#options.level === "read" && !this.#merged.has(merged)) {
      await this.#problems.attempt(where, () => this.#checkKeys(work, table));
      this.#merged.add(merged);
    }
    this.#counts.tablesDone++;
    this.#tell(this.#options.level === "read" ? "reading rows" : "opening pages");
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

  /** The layers, merged, hold the keys that the database counted and hashed for the point. */
  async #checkKeys(work: PageWork, table: PartTable): Promise<void> {
    const { problems, where } = work;
    const rows = table.layers.reduce((total, layer) => total + layer.rows, 0);
    if (table.facts.key === undefined) {
      if (table.layers.length !== 1 || rows !== table.rows)
        problems.add("DIGEST_MISMATCH", `the table has ${rows} rows, expected ${table.rows}`, where);
      return;
    }
    const live = await digestKeys(work.source, table.layers, table.facts, {
      hashSeed: work.hashSeed,
      starts: table.ranges.map((range) => range.start),
      signal: work.signal,
    });
    const at = firstDifference(table.ranges, live);
    const total = live.reduce((sum, range) => sum + range.rows, 0);
    if (at !== undefined || total !== table.rows)
      problems.add(
        "DIGEST_MISMATCH",
        `the layers hold ${total} rows, the point ${table.rows}; they differ first in range ${at ?? 0} of ${live.length}`,
        where,
      );
  }

  #count(bytes: number): void {
    this.#counts.objects++;
    this.#counts.bytes += bytes;
  }
}
