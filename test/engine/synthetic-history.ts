import type { CutRule } from "../../lib/engine/cut.ts";
import { deltaCutBits } from "../../lib/engine/cut.ts";
import { frameEnd } from "../../lib/engine/frames.ts";
import { GoneWriter } from "../../lib/engine/gone-writer.ts";
import { KeyReader } from "../../lib/engine/key.ts";
import { type Lane, type LaneClass, layerOf } from "../../lib/engine/lane.ts";
import { LayerWriter, type PageSum } from "../../lib/engine/layer-writer.ts";
import { type KeyRange, layerSource } from "../../lib/engine/layers.ts";
import { putPart, putPoint } from "../../lib/engine/points.ts";
import { readTable } from "../../lib/engine/read-table.ts";
import type { Vault } from "../../lib/engine/vault.ts";
import type { Layer, PartRef, PartTable, Point, RangeRecord } from "../../lib/model/point.ts";
import type { TableFacts } from "../../lib/model/table.ts";
import { syntheticKey, syntheticRow } from "./synthetic-rows.ts";

/** Small enough that a few hundred rows make several chunks. */
export const TINY_CUT: CutRule = { chunkBytesMin: 200, chunkBytesTarget: 600, chunkBytesMax: 1_600 };
export const TINY_BITS = 2;

export type Id = number | string;
export type Rows = ReadonlyMap<Id, string>;

export const CLASS = "raw";

/** What lanes are given: the keys of classes of one vault. */
export const laneFor = async (vault: Vault, pointId: string, names: readonly string[] = [CLASS]): Promise<Lane> => {
  const classes = new Map<string, LaneClass>();
  for (const name of names) {
    const secret = await vault.classSecret(name, "make");
    classes.set(name, { ...secret, partKey: await vault.partKeyOrMake(pointId, name) });
  }
  // Nothing synthetic reads a database.
  return { reader: undefined as never, store: vault.hot, entropy: vault.entropy, pointId, classes };
};

const sortIds = (ids: Iterable<Id>): readonly Id[] =>
  [...ids].toSorted((a, b) => Buffer.compare(syntheticKey(a), syntheticKey(b)));

export interface TableState {
  readonly id: string;
  readonly facts: TableFacts;
  readonly rows: Rows;
  readonly layers: readonly Layer[];
  readonly ranges: readonly RangeRecord[];
  /** Of `CLASS`, if not given. */
  readonly class?: string | undefined;
}

/** Frames of rows in key order, in pieces of a few rows, as a network would bring them. */
export function* framesOf(facts: TableFacts, rows: Rows, rowsPerPiece = 7): Generator<Buffer> {
  let piece: Buffer[] = [];
  for (const id of facts.key === undefined ? rows.keys() : sortIds(rows.keys())) {
    piece.push(syntheticRow(facts, id, rows.get(id) as string));
    if (piece.length < rowsPerPiece) continue;
    yield Buffer.concat(piece);
    piece = [];
  }
  if (piece.length > 0) yield Buffer.concat(piece);
}

export const writerOf = async (
  lane: Lane,
  tableId: string,
  facts: TableFacts,
  options: {
    readonly cut?: CutRule;
    readonly bits?: number;
    readonly known?: ConstructorParameters<typeof LayerWriter>[3];
    readonly class?: string | undefined;
  } = {},
): Promise<LayerWriter> => {
  const className = options.class ?? CLASS;
  const secrets = lane.classes.get(className) as LaneClass;
  const place = {
    class: className,
    table: tableId,
    pointId: lane.pointId,
    ...secrets,
    rows: facts.format,
    key: facts.key,
  };
  return new LayerWriter(
    lane.store,
    lane.entropy,
    { ...place, cut: options.cut ?? TINY_CUT, cutBits: options.bits ?? TINY_BITS },
    options.known ?? new Map(),
  );
};

/** A base layer of the rows and the ranges that its pages start, or that every so many rows start. */
export const takeBase = async (
  lane: Lane,
  tableId: string,
  facts: TableFacts,
  rows: Rows,
  className?: string,
  rangeRows?: number,
): Promise<TableState> => {
  const writer = await writerOf(lane, tableId, facts, { class: className });
  for (const frames of framesOf(facts, rows)) await writer.write(frames);
  const pages = await writer.close();
  const own = rangeRows === undefined ? rangeStarts(pages) : everyNth(rows, rangeRows);
  const starts = facts.key === undefined ? [] : ["", ...own];
  const ranges = rangesOf(lane, { facts, rows, class: className }, starts);
  return { id: tableId, facts, rows, layers: [layerOf("base", lane.pointId, pages)], ranges, class: className };
};

const rangeStarts = (pages: readonly PageSum[]): readonly string[] =>
  pages.slice(1).flatMap((page) => (page.startsRange ? [page.firstColumn] : []));

const everyNth = (rows: Rows, n: number): readonly string[] =>
  sortIds(rows.keys()).flatMap((id, i) => (i > 0 && i % n === 0 ? [syntheticKey(id).toString("hex")] : []));

/** The state after the one given, with the difference as a delta layer. */
export const takeDelta = async (lane: Lane, before: TableState, rows: Rows): Promise<TableState> => {
  const { id, facts } = before;
  const changed = new Map([...rows].filter(([key, body]) => before.rows.get(key) !== body));
  const goneIds = sortIds([...before.rows.keys()].filter((key) => !rows.has(key)));
  const writer = await writerOf(lane, id, facts, { bits: deltaCutBits(TINY_BITS), class: before.class });
  for (const frames of framesOf(facts, changed)) await writer.write(frames);
  const gone = new GoneWriter(lane, { class: before.class ?? CLASS, tableId: id });
  for (const key of goneIds) await gone.add(syntheticKey(key));
  const layer = layerOf("delta", lane.pointId, await writer.close(), await gone.close());
  const layers = layer.rows + layer.goneRows === 0 ? before.layers : [...before.layers, layer];
  const starts = before.ranges.map((range) => range.start);
  const state = { id, facts, rows, layers, class: before.class };
  return { ...state, ranges: rangesOf(lane, state, starts) };
};

/** Count and hash sum of the keys of each range, by a loop of its own. */
const rangesOf = (
  lane: Lane,
  state: Pick<TableState, "facts" | "rows" | "class">,
  starts: readonly string[],
): readonly RangeRecord[] => {
  const { facts, rows } = state;
  if (facts.key === undefined) return [];
  const reader = new KeyReader(facts.key, facts.format, lane.classes.get(state.class ?? CLASS)?.hashSeed as string);
  const ranges = starts.map((start) => ({ start, rows: 0, sum: 0n }));
  for (const [id, body] of rows) {
    const row = syntheticRow(facts, id, body);
    reader.read(row, 0, row.length);
    const key = syntheticKey(id).toString("hex");
    const range = ranges.findLast(({ start }) => start <= key) as (typeof ranges)[number];
    range.rows += 1;
    range.sum += (BigInt(reader.hash.hi) << 32n) | BigInt(reader.hash.lo);
  }
  return ranges.map(({ start, rows, sum }) => ({ start, rows, sum: String(BigInt.asUintN(64, sum)) }));
};

export const partTableOf = (state: TableState): PartTable => ({
  id: state.id,
  facts: state.facts,
  rows: state.rows.size,
  taken: state.layers.length > 1 ? "delta" : "first capture",
  layers: state.layers,
  ranges: state.ranges,
  cutBits: TINY_BITS,
});

/** Writes a point of the given tables, as a capture would: a part of each class. */
export const putSyntheticPoint = async (
  vault: Vault,
  pointId: string,
  startedAt: number,
  tables: readonly TableState[],
  rowAges?: Point["rowAges"],
): Promise<Point> => {
  const identity = {
    systemIdentifier: "7",
    timeline: 1,
    databaseOid: 5,
    database: "shop",
    serverVersion: 180_004,
    serverStartedAt: "2026-01-01T00:00:00Z",
    standby: false,
    encoding: "UTF8",
  };
  const snapshot = { xmin: "100", xmax: "100", inProgress: [], lsn: "0/16B3748", takenAt: startedAt };
  const facts = { identity, snapshot, startedAt, tier: "hot" } as const;
  const schema = { statements: [], sequences: [], uncovered: [] };
  const parts: PartRef[] = [];
  for (const name of new Set(tables.map((table) => table.class ?? CLASS))) {
    const own = tables.filter((table) => (table.class ?? CLASS) === name).map(partTableOf);
    const part = { format: 1, class: name, pointId, ...facts, schema, tables: own } as const;
    const partKey = await vault.partKeyOrMake(pointId, name);
    parts.push(await putPart(vault.hot, vault.entropy, part, { partKey, generation: 1 }));
  }
  const point: Point = {
    format: 1,
    kind: "point",
    id: pointId,
    generation: 1,
    vaultId: vault.id,
    ...facts,
    database: "shop",
    finishedAt: startedAt,
    parts,
    ...(rowAges && { rowAges }),
    stored: { objects: 0, bytes: 0 },
    uncovered: [],
  };
  await putPoint(vault.hot, point);
  return point;
};

/** The frames of a table, joined. */
export const readAll = async (
  vault: Vault,
  table: PartTable,
  range: KeyRange = {},
  className = CLASS,
): Promise<Buffer> => {
  const { namingSecret } = await vault.classSecret(className);
  const pieces: Buffer[] = [];
  for await (const frames of readTable(layerSource(vault.hot, namingSecret, className, table), table, range)) {
    for (let at = 0; at < frames.length; ) at = frameEnd(frames, at);
    pieces.push(Buffer.from(frames));
  }
  return Buffer.concat(pieces);
};

export const expectedFrames = (state: Pick<TableState, "facts" | "rows">): Buffer =>
  Buffer.concat([...framesOf(state.facts, state.rows)]);
