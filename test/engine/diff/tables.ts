import type { TableSide, TableSlice } from "../../../lib/engine/diff/layer-rows.ts";
import { KeyList } from "../../../lib/engine/key-list.ts";
import { LayerWriter } from "../../../lib/engine/layer-writer.ts";
import { putPage } from "../../../lib/engine/page.ts";
import { systemEntropy } from "../../../lib/local/system-entropy.ts";
import { writeKeyField } from "../../../lib/model/key.ts";
import type { Layer, PartTable } from "../../../lib/model/point.ts";
import type { KeyColumn, RowFormat, TableColumn, TableFacts } from "../../../lib/model/table.ts";
import type { ObjectStore } from "../../../lib/ports/object-store.ts";

/** Small chunks, so that a few hundred rows make many of them. */
const CUT = { chunkBytesMin: 200, chunkBytesTarget: 400, chunkBytesMax: 1000 };
const CUT_BITS = 2;
const SECRET = Buffer.alloc(32, 7);
const PART_KEY = Buffer.alloc(32, 9);

export interface Item {
  readonly name: string | null;
  readonly quantity: number;
}

/** Rows by id. */
export type Items = ReadonlyMap<number, Item>;

const column = (name: string, type: string, oid: number): TableColumn => ({
  name,
  type,
  typeOid: oid,
  wireTypeOid: oid,
  notNull: false,
  identity: "",
});

export const ID = column("id", "integer", 23);
export const NAME = column("name", "text", 25);
export const QUANTITY = column("quantity", "integer", 23);
const KEY: readonly KeyColumn[] = [{ name: "id", position: 0, order: "int4" }];

export const factsOf = (change: Partial<TableFacts> = {}): TableFacts => ({
  schema: "public",
  name: "items",
  oid: 1000,
  columns: [ID, NAME, QUANTITY],
  key: KEY,
  format: "binary",
  rowType: "aa",
  filenode: 1,
  ...change,
});

/** A row frame of the given texts; null is NULL. Integers in binary are those of columns of type int4. */
export const frameOf = (
  columns: readonly TableColumn[],
  format: RowFormat,
  texts: readonly (string | null)[],
): Buffer => {
  const payload = format === "binary" ? binaryPayload(columns, texts) : textPayload(texts);
  const head = Buffer.from("d\0\0\0\0", "latin1");
  head.writeUInt32BE(payload.length + 4, 1);
  return Buffer.concat([head, payload]);
};

const textPayload = (texts: readonly (string | null)[]): Buffer => {
  const escaped = texts.map((text) => text?.replaceAll("\\", "\\\\").replaceAll("\t", "\\t").replaceAll("\n", "\\n"));
  return Buffer.from(`${escaped.map((text) => text ?? "\\N").join("\t")}\n`, "utf8");
};

const binaryPayload = (columns: readonly TableColumn[], texts: readonly (string | null)[]): Buffer => {
  const count = Buffer.alloc(2);
  count.writeInt16BE(texts.length);
  const fields = texts.flatMap((text, i) => {
    const length = Buffer.alloc(4);
    if (text === null) {
      length.writeInt32BE(-1);
      return [length];
    }
    let field = Buffer.from(text, "utf8");
    if (columns[i]?.wireTypeOid === 23) {
      field = Buffer.alloc(4);
      field.writeInt32BE(Number(text));
    }
    length.writeInt32BE(field.length);
    return [length, field];
  });
  return Buffer.concat([count, ...fields]);
};

export const itemTexts = (id: number, item: Item): readonly (string | null)[] => [
  String(id),
  item.name,
  String(item.quantity),
];

const keyOfId = (id: number): Buffer => {
  const field = Buffer.alloc(4);
  field.writeInt32BE(id);
  const key = Buffer.alloc(4);
  writeKeyField("int4", field, 0, 4, key, 0);
  return key;
};

/** Writes layers of one table to a store, as a capture would. */
export class TableWriter {
  readonly facts: TableFacts;
  readonly #store: ObjectStore;
  readonly #id: string;

  constructor(store: ObjectStore, facts: TableFacts, id = "00000000000000aa") {
    this.#store = store;
    this.facts = facts;
    this.#id = id;
  }

  side(layers: readonly Layer[], rows: number): TableSide {
    return { class: "main", facts: this.facts, rows, slices: [this.slice(layers, rows)] };
  }

  slice(layers: readonly Layer[], rows: number): TableSlice {
    const table: PartTable = {
      id: this.#id,
      facts: this.facts,
      rows,
      taken: "first capture",
      layers,
      ranges: [],
      cutBits: CUT_BITS,
    };
    const place = { class: "main", table: this.#id, rows: this.facts.format };
    return { source: { store: this.#store, namingSecret: SECRET, place }, table };
  }

  /** Rows as frames must come in key order. */
  async frames(kind: Layer["kind"], frames: readonly Buffer[], gone: readonly number[] = []): Promise<Layer> {
    const place = { class: "main", table: this.#id, pointId: "p", partKey: PART_KEY };
    const writer = new LayerWriter(
      this.#store,
      systemEntropy,
      {
        ...place,
        namingSecret: SECRET,
        hashSeed: "1",
        rows: this.facts.format,
        key: this.facts.key,
        cut: CUT,
        cutBits: CUT_BITS,
      },
      new Map(),
    );
    await writer.write(Buffer.concat(frames));
    const pages = (await writer.close()).map((page) => page.ref);
    const keys = new KeyList();
    for (const id of gone) keys.push(keyOfId(id), 0, 4);
    const gonePages = gone.length === 0 ? [] : [await putPage(this.#store, systemEntropy, place, { chunks: [], keys })];
    return { kind, pointId: "p", rows: writer.rows, sum: "0", pages, goneRows: gone.length, gone: gonePages };
  }

  base(items: Items): Promise<Layer> {
    return this.frames("base", this.#framesOf(sorted(items)));
  }

  /** @param touched  ids that the delta names although nothing about them may have changed */
  delta(before: Items, after: Items, touched: readonly number[] = []): Promise<Layer> {
    const changed = sorted(after).filter(
      ([id, item]) => touched.includes(id) || JSON.stringify(before.get(id)) !== JSON.stringify(item),
    );
    const gone = sorted(before).flatMap(([id]) => (after.has(id) ? [] : [id]));
    return this.frames("delta", this.#framesOf(changed), gone);
  }

  #framesOf(items: readonly (readonly [number, Item])[]): readonly Buffer[] {
    return items.map(([id, item]) => frameOf(this.facts.columns, this.facts.format, itemTexts(id, item)));
  }
}

const sorted = (items: Items): readonly (readonly [number, Item])[] => [...items].sort((a, b) => a[0] - b[0]);

export const itemsFrom = (from: number, to: number, quantity = (id: number) => id * 3): Map<number, Item> => {
  const items = new Map<number, Item>();
  for (let id = from; id < to; id++) items.set(id, { name: `item ${id}`, quantity: quantity(id) });
  return items;
};

/** What a comparison must find, worked out with Maps. */
export const expectedDifference = (a: Items, b: Items) => {
  const missing = [...a.keys()].filter((id) => !b.has(id)).sort((x, y) => x - y);
  const extra = [...b.keys()].filter((id) => !a.has(id)).sort((x, y) => x - y);
  const both = [...a.keys()].filter((id) => b.has(id)).sort((x, y) => x - y);
  const names = both.filter((id) => a.get(id)?.name !== b.get(id)?.name);
  const quantities = both.filter((id) => a.get(id)?.quantity !== b.get(id)?.quantity);
  const changed = both.filter((id) => names.includes(id) || quantities.includes(id));
  const columnsChanged = [
    { name: "name", rows: names.length },
    { name: "quantity", rows: quantities.length },
  ].filter(({ rows }) => rows > 0);
  return { missing, extra, changed, columnsChanged };
};
