import type { CapturedSchema } from "../../model/schema.ts";
import type { TableFacts } from "../../model/table.ts";
import { parentOf, type Selection, selectStatements } from "../restore/select-statements.ts";
import { splitQualified } from "../restore/sql-names.ts";
import { EMPTY_DATABASE } from "../restore/write-sql.ts";

/**
 * The statements that an empty database needs for tables of some classes: all there are if these are all the classes, else
 * the tables with what they need. A partitioned table has no rows and so no class: it comes along if all its partitions do.
 */
export const selectTables = (
  schema: CapturedSchema,
  tables: readonly TableFacts[],
  which: "all classes" | "some classes",
): Selection => {
  if (which === "all classes") return selectStatements(schema, tables, { schemas: [], tables: [] }, EMPTY_DATABASE);
  // An empty scope would stand for everything.
  if (tables.length === 0) return { statements: [], sequences: [], tableOids: new Set(), notices: [] };
  const names = [...tables.map((table) => `${table.schema}.${table.name}`), ...parentsWithin(schema, tables)];
  return selectStatements(schema, tables, { schemas: [], tables: names }, EMPTY_DATABASE);
};

/** Partitioned tables all of whose partitions, of all levels, are among the tables. */
const parentsWithin = ({ statements }: CapturedSchema, tables: readonly TableFacts[]): readonly string[] => {
  const within = new Set(tables.map((table) => table.oid));
  const partitions = new Map<string, number[]>();
  for (const statement of statements) {
    const parent = statement.kind === "attach partition" ? parentOf(statement) : undefined;
    if (parent !== undefined) partitions.set(parent, [...(partitions.get(parent) ?? []), statement.tableOid]);
  }
  const made = statements.filter(({ kind, name }) => kind === "table" && partitions.has(name));
  const parents: string[] = [];
  for (let before = -1; before !== parents.length; ) {
    before = parents.length;
    for (const { name, tableOid } of made) {
      if (within.has(tableOid) || !partitions.get(name)?.every((oid) => within.has(oid))) continue;
      within.add(tableOid);
      parents.push((splitQualified(name) ?? [name]).join("."));
    }
  }
  return parents;
};
