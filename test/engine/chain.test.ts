import { expect, test } from "vitest";
import { whyBase } from "../../lib/engine/chain.ts";
import type { Layer, PageRef, Part, PartTable } from "../../lib/model/point.ts";
import type { SourceIdentity } from "../../lib/model/source.ts";
import type { RowSlice, TableFacts } from "../../lib/model/table.ts";

const MIB = 1024 * 1024;

const identity: SourceIdentity = {
  systemIdentifier: "7",
  timeline: 1,
  databaseOid: 5,
  database: "shop",
  serverVersion: 180_004,
  serverStartedAt: "2026-11-01T00:00:00.000000Z",
  standby: false,
  encoding: "UTF8",
};

const facts: TableFacts = {
  schema: "public",
  name: "orders",
  oid: 16_400,
  columns: [{ name: "id", type: "integer", typeOid: 23, wireTypeOid: 23, notNull: true, identity: "" }],
  key: [{ name: "id", position: 0, order: "int4" }],
  format: "binary",
  rowType: "aa",
  filenode: 16_400,
};

const page = (sealedBytes: number): PageRef => ({
  name: "p",
  key: "",
  first: "",
  last: "",
  rows: 1,
  chunks: 1,
  plainBytes: 1,
  sealedBytes,
});

const layer = (kind: Layer["kind"], sealedBytes: number): Layer => ({
  kind,
  pointId: "a",
  rows: 1,
  sum: "0",
  pages: [page(sealedBytes)],
  goneRows: 0,
  gone: [],
});

const layers = (base: number, ...deltas: readonly number[]): readonly Layer[] => [
  layer("base", base),
  ...deltas.map((bytes) => layer("delta", bytes)),
];

interface Differences {
  readonly then?: Partial<SourceIdentity>;
  readonly now?: Partial<SourceIdentity>;
  readonly before?: Partial<TableFacts>;
  readonly table?: Partial<TableFacts>;
  readonly layers?: readonly Layer[];
  readonly xmin?: string;
  readonly xmax?: string;
  readonly baseAsked?: boolean;
  readonly none?: "part" | "table";
}

const why = (difference: Differences): string | undefined => {
  const snapshot = { xmin: "1000", xmax: "1000", inProgress: [], lsn: "0/1", takenAt: 0 };
  const before: PartTable = {
    id: "t",
    facts: { ...facts, ...difference.before },
    rows: 1,
    taken: "first capture",
    layers: difference.layers ?? layers(MIB),
    ranges: [],
    cutBits: 10,
  };
  const part: Part = {
    format: 1,
    class: "default",
    pointId: "a",
    tier: "hot",
    identity: { ...identity, ...difference.then },
    snapshot,
    startedAt: 0,
    schema: { statements: [], sequences: [], uncovered: [] },
    tables: [before],
  };
  return whyBase(
    difference.none === "part" ? undefined : part,
    difference.none === undefined ? before : undefined,
    { ...facts, ...difference.table },
    {
      identity: { ...identity, ...difference.now },
      xmin: difference.xmin ?? "1000",
      xmax: difference.xmax ?? "1000",
      baseAsked: difference.baseAsked ?? false,
    },
  );
};

const column = (wireTypeOid: number): TableFacts["columns"] => [
  ...facts.columns,
  { name: "c", type: "x", typeOid: wireTypeOid, wireTypeOid, notNull: false, identity: "" },
];

const DAY = { column: "at", day: "2026-11-20", from: "2026-11-20T00:00:00.000Z", to: "2026-11-21T00:00:00.000Z" };
const TO_COME = { column: "at", from: "2026-11-21T00:00:00.000Z" };

const sliced = (
  what: string,
  slices: readonly (readonly [before: RowSlice | undefined, now: RowSlice | undefined])[],
): readonly (readonly [string, Differences])[] =>
  slices.map(([before, now]) => [
    what,
    { before: before === undefined ? {} : { slice: before }, table: now === undefined ? {} : { slice: now } },
  ]);

const bases: readonly (readonly [string, Differences])[] = [
  ["a base was asked for", { baseAsked: true }],
  ["no primary key", { table: { key: undefined } }],
  ["a column shows names of other objects", { table: { columns: column(2205) } }],
  ["a column shows names of other objects", { table: { columns: column(2210) } }],
  ["first capture", { none: "part" }],
  ["another server", { now: { systemIdentifier: "8" } }],
  ["another database", { now: { databaseOid: 6 } }],
  ["another timeline: the server was restored or failed over", { now: { timeline: 2 } }],
  ["another role: primary and standby were exchanged", { now: { standby: true } }],
  ["the server was restarted: it may have been restored", { now: { serverStartedAt: "2026-11-01T00:00:00.000001Z" } }],
  ["another major version", { now: { serverVersion: 190_000 } }],
  ["transaction ids went back: the server was set back", { xmin: "999" }],
  ["too many transactions since the last point", { xmax: "1500001001" }],
  ["new table", { none: "table" }],
  ["row type changed", { before: { rowType: "bb" } }],
  ["primary key changed", { before: { key: undefined } }],
  ["primary key changed", { before: { key: [{ name: "id", position: 0, order: "send" }] } }],
  ["row format changed", { before: { format: "text" } }],
  ["rewritten or truncated", { before: { filenode: 16_399 } }],
  ...sliced("rows are divided by age in another way", [
    [undefined, DAY],
    [DAY, undefined],
    [DAY, { ...DAY, column: "due" }],
    [DAY, { ...DAY, from: "2026-11-20T01:00:00.000Z" }],
    [DAY, { ...DAY, to: "2026-11-20T23:00:00.000Z" }],
    [DAY, TO_COME],
    [TO_COME, DAY],
    [TO_COME, { ...TO_COME, column: "due" }],
    [TO_COME, { ...TO_COME, from: "2026-11-20T00:00:00.000Z" }],
  ]),
  ["no base", { layers: [] }],
  ["64 deltas", { layers: layers(MIB, ...Array.from({ length: 64 }, () => 1)) }],
  ["deltas weigh more than half of their base", { layers: layers(20 * MIB, 6 * MIB, 4 * MIB + 1) }],
];

test.each(bases)("a base is taken: %s", (reason, difference) => {
  expect(why(difference)).toBe(reason);
});

const deltas: readonly (readonly [string, Differences])[] = [
  ["nothing differs", {}],
  ["a minor version was installed and the clock of ids stands still", { now: { serverVersion: 180_005 } }],
  ["exactly the most transactions that are allowed have passed", { xmax: "1500001000" }],
  ["63 deltas lie on the base", { layers: layers(MIB, ...Array.from({ length: 63 }, () => 1)) }],
  ["the deltas weigh exactly half of their base", { layers: layers(20 * MIB, 10 * MIB) }],
  ["the deltas of a small table weigh more than it", { layers: layers(MIB, 8 * MIB) }],
  ["only the table's name differs", { before: { name: "old" } }],
  ...sliced("it is the rows of a day", [[DAY, DAY]]),
  ...sliced("rows of no day yet have become fewer, or not", [
    [TO_COME, TO_COME],
    [TO_COME, { ...TO_COME, from: "2026-11-22T00:00:00.000Z" }],
  ]),
];

test.each(deltas)("a delta is taken though %s", (_, difference) => {
  expect(why(difference)).toBeUndefined();
});
