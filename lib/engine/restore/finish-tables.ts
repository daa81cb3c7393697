import type { SchemaStatement } from "../../model/schema.ts";
import type { TableFacts } from "../../model/table.ts";
import type { RestoreWork } from "./plan-restore.ts";
import type { StatementTask } from "./restore-lane.ts";
import type { Queued } from "./run-tasks.ts";
import { QUALIFIED, qualified } from "./sql-names.ts";
import { plainBytesOf } from "./whole-tables.ts";

const INDEX_KINDS = new Set(["primary key", "unique", "exclusion", "index"]);
const EVERYTHING = "everything";

/** Statements that may run side by side, after all batches before. */
export type Batch = readonly Queued<StatementTask>[];

/**
 * Divides the statements after the rows into batches: neighbours that make indexes, or foreign keys, may run side by
 * side; every other statement is a batch of its own. So the order, in which each follows what it needs, is kept.
 */
export const batchesAfterRows = (work: RestoreWork): readonly Batch[] => {
  const weights = new Map(work.tables.map((table) => [table.facts.oid, plainBytesOf(table)]));
  const loaded = new Set(
    work.tables.flatMap(({ into }) => [`${into.schema}.${into.name}`, qualified(into.schema, into.name)]),
  );
  const batches: Queued<StatementTask>[][] = [];
  let kindBefore = "";
  for (const statement of work.post) {
    const kind = INDEX_KINDS.has(statement.kind) ? "index" : statement.kind;
    const weight = weights.get(statement.tableOid) ?? 0;
    const queued = { task: statementTask(statement), weight, ...locksOf(statement, loaded) };
    const side = kind === "index" || kind === "foreign key";
    if (side && kind === kindBefore) (batches.at(-1) as Queued<StatementTask>[]).push(queued);
    else batches.push([queued]);
    kindBefore = kind;
  }
  return batches;
};

/** CREATE INDEX lets others read and index the table; adding a constraint locks it, and a foreign key its other side too. */
const locksOf = (
  statement: SchemaStatement,
  loaded: ReadonlySet<string>,
): { readonly locks?: readonly string[]; readonly shares: readonly string[] } => {
  const table = String(statement.tableOid);
  if (statement.kind === "index") return { shares: [EVERYTHING, table] };
  if (INDEX_KINDS.has(statement.kind)) return { shares: [EVERYTHING], locks: [table] };
  const sides = new RegExp(`^ALTER TABLE ONLY (${QUALIFIED}) .* REFERENCES (${QUALIFIED})\\(`).exec(statement.sql);
  const [, own, other] = sides ?? [];
  // A foreign key from or to a partitioned table locks partitions that its text does not name.
  if (own === undefined || other === undefined || !loaded.has(own) || !loaded.has(other))
    return { shares: [], locks: [EVERYTHING] };
  return { shares: [EVERYTHING], locks: [own, other] };
};

export const statementTask = ({ kind, name, sql }: SchemaStatement): StatementTask => ({
  kind: "statement",
  sql,
  doing: `making ${kind} ${name}`,
});

/** ANALYZE of everything that has rows; of what is not a table of the restore first, for nobody knows how long that takes. */
export const statisticsTasks = (work: Pick<RestoreWork, "pre" | "post" | "tables">): Batch => {
  const weights = new Map(work.tables.map((one) => [qualified(one.into.schema, one.into.name), plainBytesOf(one)]));
  const tables = work.tables.map(({ facts, into }) => ({ oid: facts.oid, schema: into.schema, name: into.name }));
  return analysedNames([...work.pre, ...work.post], tables).map((name) => ({
    task: { kind: "statement", sql: `ANALYZE ${name}`, doing: `analysing ${name}` },
    weight: weights.get(name) ?? Number.MAX_SAFE_INTEGER,
  }));
};

/** What ANALYZE has to see, of tables and of what statements fill. That of a partitioned table does its partitions. */
export const analysedNames = (
  statements: readonly SchemaStatement[],
  tables: readonly Pick<TableFacts, "schema" | "name" | "oid">[],
): readonly string[] => {
  const partitions = new Set(statements.filter(({ kind }) => kind === "attach partition").map((one) => one.tableOid));
  const others = statements.filter(
    ({ kind, sql, tableOid }) =>
      kind === "refresh materialized view" ||
      (kind === "table" && sql.includes("\nPARTITION BY ") && !partitions.has(tableOid)),
  );
  return [
    ...tables.filter(({ oid }) => !partitions.has(oid)).map(({ schema, name }) => qualified(schema, name)),
    ...others.map(({ name }) => name),
  ];
};
