import { createHmac } from "node:crypto";
import { readKeyField } from "../model/key.ts";
import type { PageRef, Part, PartTable } from "../model/point.ts";
import type { SourceIdentity } from "../model/source.ts";
import type { TableFacts, TableSize } from "../model/table.ts";
import { MIB } from "../model/units.ts";
import type { RangeDigest } from "../ports/source-database.ts";
import { type ChainFacts, whyBase } from "./chain.ts";
import { BASE_CUT, cutBits } from "./cut.ts";
import type { BaseTask } from "./lane.ts";
import { pagesIn } from "./layers.ts";

export interface RangeRule {
  /** Smaller ranges cost more in queries than they gain in balance. */
  readonly bytesMin: number;
  /** Ranges per lane, so that the last ones to finish end close together: with 4 the last lane was alone for a tenth of a capture. */
  readonly perLane: number;
}

const RANGES: RangeRule = { bytesMin: 64 * MIB, perLane: 16 };

/** What is to be done for one table. */
export interface TablePlan {
  readonly class: string;
  readonly tableId: string;
  readonly facts: TableFacts;
  readonly size: TableSize;
  readonly cutBits: number;
  /** The table in the previous point, if its chunks may come again. */
  readonly before: PartTable | undefined;
  /** Why a base is taken; undefined for a delta. */
  readonly why: string | undefined;
  /** A delta that is known to be empty: nothing is to be read. */
  readonly unchanged: boolean;
}

/** What earlier captures left that this one may build on. */
export interface Earlier {
  /** Parts of the previous point of this database, by class. */
  readonly parts: ReadonlyMap<string, Part>;
  /** Pages of captures that died, by class and table id (`class/table`). */
  readonly adopted: ReadonlyMap<string, readonly PageRef[]>;
}

/** A table that was found, and the class whose part it is in. */
export interface FoundTable {
  readonly facts: TableFacts;
  readonly size: TableSize;
  readonly class: string;
  /** Of all its rows, where that is known before they are read. */
  readonly digest?: RangeDigest;
}

export const planTables = (
  tables: readonly FoundTable[],
  earlier: Earlier,
  namingSecrets: ReadonlyMap<string, Buffer>,
  now: ChainFacts,
): readonly TablePlan[] => {
  const found = tables.map((table) => {
    const part = earlier.parts.get(table.class);
    return { ...table, part, before: part === undefined ? undefined : tableBefore(part, table.facts, now.identity) };
  });
  // A table keeps its id for as long as its chain lives, also when it was renamed and a new one has taken its name.
  const idsTaken = new Set(found.flatMap(({ before }) => (before === undefined ? [] : [before.id])));
  return found.map(({ facts, size, class: className, digest, part, before }) => {
    const fresh = newTableId(namingSecrets.get(className) as Buffer, facts);
    let tableId = before?.id ?? fresh(0);
    for (let salt = 1; before === undefined && idsTaken.has(tableId); salt++) tableId = fresh(salt);
    idsTaken.add(tableId);
    const bits = before?.cutBits ?? cutBits(BASE_CUT, size.rows > 0 ? size.bytes / size.rows : 256);
    const why = whyBase(part, before, facts, now);
    return {
      class: className,
      tableId,
      facts,
      size,
      cutBits: Math.min(24, bits),
      before,
      why,
      unchanged: why === undefined && digest !== undefined && before !== undefined && isUnchanged(before, digest),
    };
  });
};

/** No row changed, and the live keys are those of the point before. */
const isUnchanged = (before: PartTable, digest: RangeDigest): boolean =>
  digest.changedRows === 0 &&
  digest.rows === before.rows &&
  BigInt.asUintN(
    64,
    before.ranges.reduce((sum, range) => sum + BigInt(range.sum), 0n),
  ) === digest.sum;

/** The same table in the previous point: by oid where oids mean the same, else by name. */
const tableBefore = (part: Part, facts: TableFacts, now: SourceIdentity): PartTable | undefined => {
  const sameDatabase =
    part.identity.systemIdentifier === now.systemIdentifier && part.identity.databaseOid === now.databaseOid;
  return part.tables.find((table) =>
    sameDatabase
      ? table.facts.oid === facts.oid
      : table.facts.schema === facts.schema && table.facts.name === facts.name,
  );
};

/** Derived from the name, so that a first capture that died is continued under the same ids. */
const newTableId =
  (namingSecret: Buffer, facts: TableFacts) =>
  (salt: number): string => {
    const day = facts.slice?.day === undefined ? [] : [facts.slice.day];
    return createHmac("sha256", namingSecret)
      .update(JSON.stringify(["table", facts.schema, facts.name, salt, ...day]))
      .digest("hex")
      .slice(0, 16);
  };

/** Tasks for a table's base: one, or one per range of its first key column. */
export const baseTasks = async (
  plan: TablePlan,
  options: {
    readonly lanes: number;
    readonly bytesTotal: number;
    readonly adopted: readonly PageRef[];
    readonly splits: (facts: TableFacts, parts: number) => Promise<readonly string[]>;
    readonly rule?: RangeRule | undefined;
  },
): Promise<readonly BaseTask[]> => {
  const known = [...(plan.before?.layers[0]?.pages ?? []), ...options.adopted];
  const starts = await rangeStarts(plan, options);
  return [undefined, ...starts].map((from, i) => {
    const to = starts[i];
    return {
      kind: "base",
      class: plan.class,
      tableId: plan.tableId,
      facts: plan.facts,
      cutBits: plan.cutBits,
      from,
      to,
      known: plan.facts.key === undefined ? known : pagesIn(known, { from, to }),
    };
  });
};

const rangeStarts = async (
  plan: TablePlan,
  options: {
    readonly lanes: number;
    readonly bytesTotal: number;
    readonly splits: (facts: TableFacts, parts: number) => Promise<readonly string[]>;
    readonly rule?: RangeRule | undefined;
  },
): Promise<readonly string[]> => {
  const { key } = plan.facts;
  const { bytesMin, perLane } = options.rule ?? RANGES;
  if (key === undefined || options.lanes === 1) return [];
  const bytes = plan.size.bytes;
  const parts = plan.size.clustered
    ? Math.floor(bytes / Math.max(bytesMin, options.bytesTotal / (options.lanes * perLane)))
    : // Rows that lie in another order are sorted whole: splitting means sorting several times, worth it only for balance.
      bytes > (1.2 * options.bytesTotal) / options.lanes && bytes > bytesMin
      ? options.lanes
      : 1;
  if (parts < 2) return [];
  // Where an earlier base was cut into pages, the new one is too: the chunks there come again.
  const pages = plan.before?.layers[0]?.pages ?? [];
  if (pages.length >= parts) {
    const starts: string[] = [];
    for (let part = 1; part < parts; part++) {
      const page = pages[Math.floor((part * pages.length) / parts)] as PageRef;
      const { next } = readKeyField((key[0] as (typeof key)[number]).order, Buffer.from(page.first, "hex"), 0);
      starts.push(page.first.slice(0, 2 * next));
    }
    return [...new Set(starts)].sort();
  }
  return options.splits(plan.facts, parts);
};

/** Longest first, so that no lane is left alone with a large table at the end. */
export const inOrder = <T extends { readonly bytes: number }>(tasks: readonly T[]): readonly T[] =>
  [...tasks].sort((a, b) => b.bytes - a.bytes);
