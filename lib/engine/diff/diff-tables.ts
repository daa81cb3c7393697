import type { TableDifference, TableShown } from "../../model/difference.ts";
import { Failure } from "../../model/errors.ts";
import type { TableFacts } from "../../model/table.ts";
import { Columns } from "./columns.ts";
import { compareSlices, pairSlices } from "./compare-slices.ts";
import { compareUnkeyed } from "./compare-unkeyed.ts";
import type { TableSide } from "./layer-rows.ts";
import { type Counts, type DiffOptions, Tally } from "./tally.ts";

const NOTHING: Counts = {
  missing: 0,
  extra: 0,
  changed: 0,
  columnsChanged: [],
  samples: { missing: [], extra: [], changed: [] },
};

/**
 * Compares two states of a table; what it costs follows what differs.
 *
 * Layers that both have cancel out, then chunks that both have; what is left is compared row by row. Memory: a page
 * (8 MiB of keys at most) and a chunk of every layer, a few chunks of the bases, and the samples; of each day that is open
 * at once where the table's rows are divided by age.
 *
 * @throws OBJECT_MISSING, OBJECT_CORRUPT, CHUNK_DIGEST_MISMATCH, STORE_*, and the signal's reason
 * @throws DIGEST_MISMATCH  the differences found do not add up to the rows that the two sides say they have
 */
export const diffTables = async (a: TableSide, b: TableSide, options: DiffOptions): Promise<TableDifference> => {
  const columns = new Columns(a.facts, b.facts);
  const shown = { a: shownTable(a), b: shownTable(b), ...columns.changes };
  const because = whyNotByKey(a.facts, b.facts);
  const pairs = pairSlices(a, b, columns.aligned);
  if (pairs.length === 0) return { ...shown, comparedBy: because === null ? "key" : "row", because, ...NOTHING };
  if (because !== null) {
    const counted = await compareUnkeyed(pairs, columns, options);
    if (counted === undefined)
      return {
        ...shown,
        comparedBy: "nothing",
        because: `${because}, and too many rows differ to be counted`,
        ...NOTHING,
      };
    checkSum(a, b, counted);
    return { ...shown, comparedBy: "row", because, ...NOTHING, ...counted };
  }
  const tally = new Tally(a.facts, b.facts, columns, options);
  await compareSlices(pairs, columns.aligned, tally);
  const counts = tally.result();
  checkSum(a, b, counts);
  return { ...shown, comparedBy: "key", because: null, ...counts };
};

/** A table that only one side has. None of its rows is read. */
export const diffPresence = (side: "a" | "b", only: TableSide): TableDifference => {
  const { rows } = only;
  return {
    a: side === "a" ? shownTable(only) : null,
    b: side === "b" ? shownTable(only) : null,
    comparedBy: "presence",
    because: side === "a" ? "the table is gone" : "the table is new",
    ...NOTHING,
    missing: side === "a" ? rows : 0,
    extra: side === "b" ? rows : 0,
    columnsAdded: [],
    columnsDropped: [],
    columnsRetyped: [],
  };
};

/** Two states of a table of which nothing can be said but their columns. */
export const diffNothing = (a: TableSide, b: TableSide, because: string): TableDifference => ({
  a: shownTable(a),
  b: shownTable(b),
  ...new Columns(a.facts, b.facts).changes,
  comparedBy: "nothing",
  because,
  ...NOTHING,
});

const shownTable = ({ class: className, facts, rows }: TableSide): TableShown => ({
  class: className,
  schema: facts.schema,
  name: facts.name,
  rows,
});

/** Keys can be compared if they are made of the same columns and are ordered, as bytes, in the same way. */
const whyNotByKey = (a: TableFacts, b: TableFacts): string | null => {
  if (a.key === undefined && b.key === undefined) return "no primary key";
  if (a.key === undefined) return "the primary key is new";
  if (b.key === undefined) return "the primary key is gone";
  const names = (facts: TableFacts): string => JSON.stringify(facts.key?.map(({ name }) => name));
  const orders = (facts: TableFacts): string => JSON.stringify(facts.key?.map(({ order }) => order));
  if (names(a) !== names(b)) return "the primary key has other columns";
  if (orders(a) !== orders(b)) return "the primary key is stored in another form";
  return null;
};

/** Costs nothing, and catches a row that was passed over or taken twice on the way. */
const checkSum = (a: TableSide, b: TableSide, { missing, extra }: Pick<Counts, "missing" | "extra">): void => {
  if (a.rows - missing + extra === b.rows) return;
  throw new Failure(
    "DIGEST_MISMATCH",
    `table ${b.facts.schema}.${b.facts.name}: ${a.rows} rows less ${missing} missing plus ${extra} extra are not ${b.rows}`,
    { hint: "run verify --level read on both points" },
  );
};
