import { KeyReader } from "../../lib/engine/key.ts";
import { Failure } from "../../lib/model/errors.ts";
import type { TableFacts } from "../../lib/model/table.ts";
import type { Clock } from "../../lib/ports/clock.ts";
import type { DigestQuery, RangeDigest, RowsQuery, SourceDatabase } from "../../lib/ports/source-database.ts";
import { syntheticFacts, syntheticKey, syntheticRow } from "../engine/synthetic-rows.ts";

interface MemoryRow {
  readonly body: string;
  /** The transaction that wrote it. */
  readonly xmin: bigint;
}

interface MemoryTable {
  readonly facts: TableFacts;
  readonly rows: ReadonlyMap<number, MemoryRow>;
  /** Ids and their key bytes in hex, in the order of the key. */
  readonly keys: readonly (readonly [number, string])[];
}

const tableOf = (facts: TableFacts, rows: ReadonlyMap<number, MemoryRow>): MemoryTable => ({
  facts,
  rows,
  keys: [...rows.keys()].sort((a, b) => a - b).map((id) => [id, hexOf(id)] as const),
});

/** What a test does in the middle of a reader's call; what it throws, the call throws. */
export type OnRead = (query: RowsQuery) => void | Promise<void>;

export interface MemoryDatabase {
  /** A connection: every worker opens one of its own. */
  readonly open: (onRead?: OnRead) => SourceDatabase;
  /** Changes rows in one transaction, `undefined` deletes; or as if the transaction were an old one, which breaks chains. */
  readonly change: (table: string, rows: ReadonlyMap<number, string | undefined>, when?: "now" | "long ago") => void;
  /** Somebody truncates a table: readers of open views see that it moved. */
  readonly truncate: (table: string) => void;
  /** What the planner believes that a row takes. */
  readonly believe: (rowBytes: number) => void;
  /** Readers that were not closed. */
  readonly readersOpen: () => number;
}

/**
 * A database in memory that answers as PostgreSQL would: views show what there was when they were opened, changed rows
 * are found by xmin, digests are computed by the same hash.
 * @param readMs  how long each query takes
 */
export const memoryDatabase = (
  clock: Clock,
  contents: Readonly<Record<string, ReadonlyMap<number, string>>>,
  readMs = 0,
): MemoryDatabase => {
  let rowBytes = 100;
  let xid = 1000n;
  let oid = 20_000;
  let readers = 0;
  let viewNumber = 0;
  const views = new Map<string, ReadonlyMap<string, MemoryTable>>();
  const tables = new Map<string, MemoryTable>(
    Object.entries(contents).map(([name, rows]) => [
      name,
      tableOf(
        { ...syntheticFacts({ name }), oid: oid++ },
        new Map([...rows].map(([id, body]) => [id, { body, xmin: 900n }])),
      ),
    ]),
  );
  const moved = (asked: readonly TableFacts[]): readonly TableFacts[] =>
    asked.filter((facts) => tables.get(facts.name)?.facts.filenode !== facts.filenode);

  const open = (onRead: OnRead = () => undefined): SourceDatabase => ({
    database: "shop",
    async openView() {
      const token = `view-${++viewNumber}`;
      const shown = new Map(tables);
      views.set(token, shown);
      return {
        token,
        identity: IDENTITY,
        snapshot: { xmin: String(xid), xmax: String(xid), inProgress: [], lsn: "0/1", takenAt: clock.now() },
        tables: async () =>
          [...shown.values()].map(({ facts, rows }) => ({
            facts,
            size: { rows: rows.size, bytes: rowBytes * rows.size, clustered: true },
          })),
        schema: async () => ({ statements: [], sequences: [], uncovered: [] }),
        async splits(facts, parts) {
          const { keys } = shown.get(facts.name) as MemoryTable;
          const starts = Array.from({ length: parts - 1 }, (_, i) => keys[Math.floor(((i + 1) * keys.length) / parts)]);
          return [...new Set(starts.flatMap((start) => (start === undefined ? [] : [start[1]])))];
        },
        ageDigests: () => Promise.reject(new TypeError("tables in memory have no date")),
        flushed: async () => undefined,
        preflight: async () => [],
        [Symbol.asyncDispose]: async () => void views.delete(token),
      };
    },
    async join(token) {
      const shown = views.get(token);
      if (shown === undefined) throw new Failure("DATABASE_LOST", "the view is closed");
      readers += 1;
      let closed = false;
      const shownTable = ({ name }: TableFacts): MemoryTable => {
        if (closed) throw new TypeError("this reader is closed");
        return shown.get(name) as MemoryTable;
      };
      async function* frames(query: RowsQuery, keysOnly: boolean): AsyncGenerator<Buffer> {
        const { facts, rows, keys } = shownTable(query.table);
        await clock.sleep(readMs);
        await onRead(query);
        const { from = "", to, since } = query;
        for (const [id, key] of keys) {
          const { body, xmin } = rows.get(id) as MemoryRow;
          if (key < from || (to !== undefined && key >= to)) continue;
          if (since !== undefined && xmin < BigInt(since)) continue;
          yield keysOnly ? keyFrame(id) : syntheticRow(facts, id, body);
        }
      }
      return {
        moved: async (facts) => moved(facts),
        rows: (query) => frames(query, false),
        keys: (query) => frames(query, true),
        async digests(query) {
          await clock.sleep(readMs);
          await onRead({ table: query.table });
          return digestsOf(shownTable(query.table), query);
        },
        async [Symbol.asyncDispose]() {
          if (!closed) readers -= 1;
          closed = true;
        },
      };
    },
  });

  return {
    open,
    readersOpen: () => readers,
    believe: (bytes) => void (rowBytes = bytes),
    change(name, changes, when = "now") {
      const table = tables.get(name) as MemoryTable;
      const rows = new Map(table.rows);
      for (const [id, body] of changes) {
        if (body === undefined) rows.delete(id);
        else rows.set(id, { body, xmin: when === "now" ? xid : 900n });
      }
      tables.set(name, tableOf(table.facts, rows));
      xid += 1n;
    },
    truncate(name) {
      const { facts } = tables.get(name) as MemoryTable;
      tables.set(name, tableOf({ ...facts, filenode: facts.filenode + 1 }, new Map()));
    },
  };
};

const IDENTITY = {
  systemIdentifier: "7",
  timeline: 1,
  databaseOid: 5,
  database: "shop",
  serverVersion: 180_004,
  serverStartedAt: "2026-01-01T00:00:00Z",
  standby: false,
  encoding: "UTF8",
};

const hexOf = (id: number): string => syntheticKey(id).toString("hex");

/** A row of the key column alone. */
const keyFrame = (id: number): Buffer => {
  const frame = Buffer.alloc(19);
  frame[0] = 0x64;
  frame.writeUInt32BE(18, 1);
  frame.writeInt16BE(1, 5);
  frame.writeInt32BE(8, 7);
  frame.writeBigInt64BE(BigInt(id), 11);
  return frame;
};

const digestsOf = (
  { facts, rows, keys }: MemoryTable,
  { starts, seed, since }: DigestQuery,
): readonly RangeDigest[] => {
  const reader = new KeyReader(facts.key as NonNullable<TableFacts["key"]>, facts.format, seed);
  const digests = ["", ...starts].map(() => ({ rows: 0, sum: 0n, changedRows: 0, changedSum: 0n }));
  for (const [id, key] of keys) {
    const { body, xmin } = rows.get(id) as MemoryRow;
    const frame = syntheticRow(facts, id, body);
    reader.read(frame, 0, frame.length);
    const hash = (BigInt(reader.hash.hi) << 32n) | BigInt(reader.hash.lo);
    const digest = digests[starts.filter((start) => start <= key).length] as (typeof digests)[number];
    digest.rows += 1;
    digest.sum = BigInt.asUintN(64, digest.sum + hash);
    if (xmin < BigInt(since)) continue;
    digest.changedRows += 1;
    digest.changedSum = BigInt.asUintN(64, digest.changedSum + hash);
  }
  return digests;
};
