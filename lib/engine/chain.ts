import type { Part, PartTable } from "../model/point.ts";
import type { SourceIdentity } from "../model/source.ts";
import type { RowSlice, TableFacts } from "../model/table.ts";

/** Beyond this age the 32 bits of a transaction id in a row no longer say before or after with a margin. */
const XID_AGE_MAX = 1_500_000_000n;
/** Deltas that weigh more than this share of their base cost more to read than a new base costs to take. */
const DELTA_SHARE_MAX = 0.5;
/** Reading a point holds a chunk and a page of each delta: 64 of them stay far below the memory we promise. */
const DELTAS_MAX = 64;
/** Small tables are never worth a new base for their deltas' weight alone. */
const DELTA_BYTES_IGNORED = 8 * 1024 * 1024;

/**
 * oids of built-in types, and of their arrays, whose text is the name of another object: regproc, regoper, regclass,
 * regtype, regrole, regnamespace, regconfig, regcollation and their like, aclitem. Rename the object, and rows read
 * differently that nobody has changed.
 */
const NAMING_TYPES: ReadonlySet<number> = new Set([
  24, 1008, 2202, 2207, 2203, 2208, 2204, 2209, 2205, 2210, 2206, 2211, 4096, 4097, 4089, 4090, 3734, 3735, 3769, 3770,
  4191, 4192, 1033, 1034,
]);

export interface ChainFacts {
  readonly identity: SourceIdentity;
  /** Oldest transaction that ran at the new snapshot (64 bits, decimal). */
  readonly xmin: string;
  /** Next transaction id to be given then. */
  readonly xmax: string;
  readonly baseAsked: boolean;
}

/**
 * Whether a table's chain can be carried on with a delta. xmin tells what changed only within one history of transaction
 * ids: everything that could start another one, or make the same bytes mean something else, asks for a new base.
 * FORMAT.md section 7 gives each case its reason; if in doubt, base.
 *
 * @returns why a base is needed, or undefined
 */
export const whyBase = (
  previous: Part | undefined,
  before: PartTable | undefined,
  table: TableFacts,
  now: ChainFacts,
): string | undefined => {
  if (now.baseAsked) return "a base was asked for";
  if (table.key === undefined) return "no primary key";
  if (table.columns.some((column) => NAMING_TYPES.has(column.wireTypeOid)))
    return "a column shows names of other objects";
  if (previous === undefined) return "first capture";
  const other = otherHistory(previous.identity, now.identity);
  if (other !== undefined) return other;
  // The oldest running transaction only ever grows younger: a machine that was set back to a saved state, memory and
  // all, is the one history that can look the same and go on differently.
  if (BigInt(now.xmin) < BigInt(previous.snapshot.xmin)) return "transaction ids went back: the server was set back";
  if (BigInt(now.xmax) - BigInt(previous.snapshot.xmin) > XID_AGE_MAX)
    return "too many transactions since the last point";
  if (before === undefined) return "new table";
  if (before.facts.rowType !== table.rowType) return "row type changed";
  if (JSON.stringify(before.facts.key) !== JSON.stringify(table.key)) return "primary key changed";
  if (before.facts.format !== table.format) return "row format changed";
  if (before.facts.filenode !== table.filenode) return "rewritten or truncated";
  if (!isWithin(table.slice, before.facts.slice)) return "rows are divided by age in another way";
  return tooHeavy(before);
};

/**
 * A row that comes into a slice because the slice's borders moved has an old xmin, which a delta would pass over. Rows of no
 * day yet may become fewer with the days that pass: those that leave are found as gone.
 */
const isWithin = (now: RowSlice | undefined, before: RowSlice | undefined): boolean =>
  now?.column === before?.column &&
  now?.to === before?.to &&
  (now?.from === before?.from || (now !== undefined && now.to === undefined && now.from > (before?.from ?? "")));

/** xids mean nothing across two histories. A restore of the server's files needs a restart: whatever else looks equal, that shows. */
const otherHistory = (then: SourceIdentity, now: SourceIdentity): string | undefined => {
  if (then.systemIdentifier !== now.systemIdentifier) return "another server";
  if (then.databaseOid !== now.databaseOid) return "another database";
  if (then.timeline !== now.timeline) return "another timeline: the server was restored or failed over";
  if (then.standby !== now.standby) return "another role: primary and standby were exchanged";
  if (then.serverStartedAt !== now.serverStartedAt) return "the server was restarted: it may have been restored";
  if (Math.floor(then.serverVersion / 10_000) !== Math.floor(now.serverVersion / 10_000))
    return "another major version";
  return undefined;
};

const tooHeavy = (table: PartTable): string | undefined => {
  const [base, ...deltas] = table.layers;
  if (base === undefined) return "no base";
  if (deltas.length >= DELTAS_MAX) return `${DELTAS_MAX} deltas`;
  const weigh = (layer: PartTable["layers"][number]): number =>
    [...layer.pages, ...layer.gone].reduce((bytes, page) => bytes + page.sealedBytes, 0);
  const deltaBytes = deltas.reduce((bytes, layer) => bytes + weigh(layer), 0);
  if (deltaBytes > DELTA_BYTES_IGNORED && deltaBytes > DELTA_SHARE_MAX * weigh(base))
    return "deltas weigh more than half of their base";
  return undefined;
};
