import { decompress, unpack } from "../../lib/engine/chunk.ts";
import { adoptPage, getPage, type Page } from "../../lib/engine/page.ts";
import { getPart, listPoints, type PartHeader, pagesOf } from "../../lib/engine/points.ts";
import { open } from "../../lib/engine/seal.ts";
import type { ChunkEntry, Part, Point } from "../../lib/model/point.ts";
import { partClass } from "../../lib/model/row-age.ts";
import { type MemoryVault, memoryVault, namesIn } from "./memory-vault.ts";
import {
  expectedFrames,
  type Id,
  laneFor,
  putSyntheticPoint,
  readAll,
  type TableState,
  takeBase,
  takeDelta,
} from "./synthetic-history.ts";
import { syntheticFacts, syntheticKey } from "./synthetic-rows.ts";

export const CLASSES = ["money", "people", "rest"] as const;
const ROWS = 30;
/** Each third row of a base starts a range. */
const RANGE_ROWS = 3;

/** A row of a table that is put (again, with a body nobody else has) or deleted. */
export interface Change {
  readonly class: string;
  readonly id: number;
  readonly act: "put" | "delete";
}

/** A vault whose points have a part for each class, each of a keyed table and one without a key, and what each part showed. */
export class ClassHistory {
  readonly made: MemoryVault;
  /** By point and class: what `expire` has not taken away. */
  readonly states = new Map<string, readonly TableState[]>();
  readonly #bodies = new Set<string>();
  /** Keys that a row of the keyed table of a class ever had. */
  readonly #keys = new Map<string, Set<Id>>();
  #points = 0;

  constructor(made: MemoryVault) {
    this.made = made;
  }

  static async begin(points: number): Promise<ClassHistory> {
    const history = new ClassHistory(await memoryVault());
    for (let i = 0; i < points; i++) {
      const at = (10 * i) % ROWS;
      const changes = CLASSES.flatMap((name): readonly Change[] => [
        { class: name, id: at, act: "put" },
        { class: name, id: at + 1, act: "delete" },
        { class: name, id: ROWS + i, act: "put" },
      ]);
      await history.capture(i === 0 ? [] : changes);
    }
    return history;
  }

  /**
   * Takes a point: of each class a delta on its last part, or a base where that is gone.
   * @param parts  names of its parts, and how classes were divided by age
   * @returns why bases were taken, by class
   */
  async capture(
    changes: readonly Change[],
    parts: { readonly names: readonly string[]; readonly rowAges?: Point["rowAges"] } = { names: CLASSES },
  ): Promise<Readonly<Record<string, "base" | "delta">>> {
    const { vault, clock } = this.made;
    const id = `p${this.#points++}`;
    const last = (await listPoints(vault.hot)).at(-1);
    const lane = await laneFor(vault, id, parts.names);
    const tables: TableState[] = [];
    const taken: Record<string, "base" | "delta"> = {};
    for (const name of parts.names) {
      const table = partClass(name).class;
      const before = last === undefined ? undefined : await this.#named(last, name);
      const own = changes.filter((change) => change.class === name);
      const rows = this.#changed(before?.[0]?.rows ?? this.#firstRows(name), own);
      const [keyed, log] = [syntheticFacts({ name: `${table}_keyed` }), { name: `${table}_log`, order: undefined }];
      taken[name] = before === undefined ? "base" : "delta";
      const first = before?.[0];
      const one =
        first === undefined
          ? await takeBase(lane, `${name}-0`, keyed, rows, name, RANGE_ROWS)
          : await takeDelta(lane, first, rows);
      tables.push(one, await takeBase(lane, `${name}-1`, syntheticFacts(log), rows, name));
      this.states.set(`${id}/${name}`, tables.slice(-2));
      this.#keys.set(name, new Set([...(this.#keys.get(name) ?? []), ...rows.keys()]));
    }
    await putSyntheticPoint(vault, id, clock.now(), tables, parts.rowAges);
    await clock.advance(60_000);
    return taken;
  }

  /** Tables of parts that stay and do not read as they were, as `point/class/table`. */
  async wrong(): Promise<readonly string[]> {
    const { vault } = this.made;
    const points = new Map((await listPoints(vault.hot)).map((point) => [point.id, point]));
    const wrong: string[] = [];
    for (const [key, tables] of this.states) {
      const [id = "", name = ""] = key.split("/");
      const ref = points.get(id)?.parts.find((one) => one.class === name);
      if (ref === undefined) {
        wrong.push(`${key} is not there`);
        continue;
      }
      const part = await getPart(vault, points.get(id) as Point, ref);
      for (const state of tables) {
        const table = part.tables.find((one) => one.id === state.id);
        const same = table !== undefined && (await readAll(vault, table, {}, name)).equals(expectedFrames(state));
        if (!same) wrong.push(`${key}/${state.facts.name}`);
      }
    }
    return wrong;
  }

  /** Bodies of rows, and their keys, that no staying part shows and that can be read all the same, with any key there is. */
  async readableThoughGone(): Promise<readonly string[]> {
    const shown = new Set([...this.states.values()].flat().flatMap((state) => [...state.rows.values()]));
    const gone = [...this.#bodies].filter((body) => !shown.has(body));
    const opened = await this.#everythingThatOpens();
    const keys = [...this.#keys.keys()].flatMap((name) => this.#goneKeys(name).map((id) => ({ name, id })));
    return [
      ...gone.filter((body) => opened.rows.some((text) => text.includes(body))),
      ...keys.filter(({ name, id }) => opened.holdsKey(`${name}-0`, id)).map(({ name, id }) => `key ${id} of ${name}`),
    ];
  }

  #goneKeys(name: string): readonly Id[] {
    const shown = new Set<Id>();
    for (const [key, [keyed]] of this.states)
      if (key.endsWith(`/${name}`)) for (const id of keyed?.rows.keys() ?? []) shown.add(id);
    return [...(this.#keys.get(name) ?? [])].filter((id) => !shown.has(id));
  }

  /** The state of a class at a point as its part stands now: folds may have given it other layers and ranges. */
  async #named(point: Point, name: string): Promise<readonly TableState[] | undefined> {
    const ref = point.parts.find((one) => one.class === name);
    const tables = this.states.get(`${point.id}/${name}`);
    if (ref === undefined || tables === undefined) return undefined;
    const part = await getPart(this.made.vault, point, ref);
    return tables.map((state) => {
      const table = part.tables.find((one) => one.id === state.id);
      return table === undefined ? state : { ...state, layers: table.layers, ranges: table.ranges };
    });
  }

  #firstRows(name: string): ReadonlyMap<Id, string> {
    return new Map(Array.from({ length: ROWS }, (_, id) => [id, this.#body(name)]));
  }

  #changed(before: ReadonlyMap<Id, string>, changes: readonly Change[]): ReadonlyMap<Id, string> {
    const rows = new Map(before);
    for (const { id, act, class: name } of changes)
      if (act === "put") rows.set(id, this.#body(name));
      else rows.delete(id);
    return rows;
  }

  #body(name: string): string {
    const body = `<canary ${this.#bodies.size} of ${name}>`;
    this.#bodies.add(body);
    return body;
  }

  /**
   * Every page and chunk that some key in the key store leads to, by a walk that asks no point: through part objects, and page by
   * page. Of each table also what parts and pages say in clear JSON.
   */
  async #everythingThatOpens(): Promise<Opened> {
    const { vault, stores } = this.made;
    const opened = new Opened();
    for (const keyName of await namesIn(stores.keys, "parts/")) {
      const [, id = "", name = ""] = keyName.split("/");
      const partKey = await vault.partKey(id, name);
      for (const object of await namesIn(stores.hot, `parts/${id}/${name}.`)) {
        const { plain } = open<PartHeader>(object, (await stores.hot.get(object)) as Buffer, "part", partKey);
        const part = JSON.parse(unpack(object, plain).toString("utf8")) as Part;
        for (const table of part.tables) {
          opened.addText(table.id, JSON.stringify(table));
          for (const page of pagesOf({ ...part, tables: [table] }))
            opened.addPage(table.id, await getPage(stores.hot, page));
        }
      }
      for (const object of await namesIn(stores.hot, "pages/")) {
        const adopted = await adoptPage(stores.hot, object, partKey).catch(() => undefined);
        if (adopted !== undefined) opened.addPage(adopted.table, adopted.page);
      }
    }
    for (const entry of opened.chunks.values()) {
      const sealed = await stores.hot.get(entry.name);
      if (sealed === undefined) continue;
      const { plain } = open(entry.name, sealed, "chunk", Buffer.from(entry.key, "base64"));
      opened.rows.push(decompress(entry.name, plain, entry.plainBytes).toString("latin1"));
    }
    return opened;
  }
}

/** What came to light: rows of chunks, keys of pages, and what is said of each table. */
class Opened {
  readonly rows: string[] = [];
  readonly chunks = new Map<string, ChunkEntry>();
  readonly #keys = new Set<string>();
  readonly #texts = new Map<string, Set<string>>();

  addPage(table: string, { chunks, keys }: Page): void {
    for (const entry of chunks) this.chunks.set(entry.name, entry);
    this.addText(table, JSON.stringify(chunks));
    for (let i = 0; i < keys.count; i++) this.#keys.add(`${table} ${keys.key(i).toString("hex")}`);
  }

  addText(table: string, text: string): void {
    const texts = this.#texts.get(table) ?? new Set();
    this.#texts.set(table, texts.add(text));
  }

  holdsKey(table: string, id: Id): boolean {
    const key = syntheticKey(id).toString("hex");
    return this.#keys.has(`${table} ${key}`) || [...(this.#texts.get(table) ?? [])].some((text) => text.includes(key));
  }
}
