import { Failure } from "../../model/errors.ts";
import type { SchemaStatement } from "../../model/schema.ts";
import type { TableColumn, TableFacts } from "../../model/table.ts";
import type { Present } from "./select-statements.ts";
import { qualified, quoteName } from "./sql-names.ts";

/** A name with a schema before it, as defaults of captured tables have them: what it means is not ours to judge. */
const NAMES_AN_OBJECT = /[\w"]\.[\w"]/;

/**
 * Tables of their own in a new schema, from what the point knows of their columns: what the rows need and no more.
 * Their types must be there already.
 */
export const statementsIntoSchema = (
  tables: readonly TableFacts[],
  schema: string,
): { readonly statements: readonly SchemaStatement[]; readonly notices: readonly string[] } => {
  const seen = new Set<string>();
  for (const { name } of tables) {
    if (seen.has(name))
      throw new Failure("USAGE", `two tables of the scope are called ${name}: they cannot share schema ${schema}`, {
        hint: "restore them one by one, into schemas of their own",
      });
    seen.add(name);
  }
  const about = (table: TableFacts) => ({ schema, name: qualified(schema, table.name), tableOid: table.oid });
  const keyed = tables.filter((table) => table.key !== undefined);
  const withoutDefault = tables.flatMap((table) =>
    table.columns
      .filter((column) => column.identity !== "" || (column.defaultSql !== undefined && !keepsDefault(column)))
      .map((column) => `${table.schema}.${table.name}.${column.name}`),
  );
  const notices = [
    `tables in schema ${schema} have their columns, NOT NULL, plain defaults and primary keys; generated columns, other indexes, checks, foreign keys, triggers, comments and rights are not made`,
    ...(withoutDefault.length === 0
      ? []
      : [`made without their default, because it names a sequence, function or type: ${withoutDefault.join(", ")}`]),
  ];
  return {
    statements: [
      {
        section: "pre",
        kind: "schema",
        schema,
        name: quoteName(schema),
        tableOid: 0,
        sql: `CREATE SCHEMA ${quoteName(schema)}`,
      },
      ...tables.map(
        (table): SchemaStatement => ({
          section: "pre",
          kind: "table",
          ...about(table),
          sql: createTable(table, schema),
        }),
      ),
      ...keyed.map(
        (table): SchemaStatement => ({
          section: "post",
          kind: "primary key",
          ...about(table),
          sql: `ALTER TABLE ONLY ${qualified(schema, table.name)} ADD PRIMARY KEY (${(table.key ?? []).map((column) => quoteName(column.name)).join(", ")})`,
        }),
      ),
    ],
    notices,
  };
};

const keepsDefault = ({ defaultSql }: TableColumn): boolean =>
  defaultSql !== undefined &&
  !NAMES_AN_OBJECT.test(defaultSql.replaceAll(/'(?:[^']|'')*'/g, "''")) &&
  !defaultSql.includes("nextval(");

const createTable = (table: TableFacts, schema: string): string => {
  const columns = table.columns.map((column) =>
    [
      `    ${quoteName(column.name)} ${column.type}`,
      column.collationSql === undefined ? "" : ` COLLATE ${column.collationSql.replace(/^COLLATE /, "")}`,
      keepsDefault(column) && column.identity === "" ? ` DEFAULT ${column.defaultSql}` : "",
      column.notNull ? " NOT NULL" : "",
    ].join(""),
  );
  return `CREATE TABLE ${qualified(schema, table.name)} (\n${columns.join(",\n")}\n)`;
};

/** Types of users that columns have and the target lacks. */
export const typesMissing = (
  tables: readonly TableFacts[],
  present: Present,
  captured: readonly SchemaStatement[],
): readonly string[] => {
  const made = captured.filter(({ kind }) => kind === "type" || kind === "domain").map(({ name }) => name);
  const used = tables.flatMap((table) =>
    table.columns.map((column) => column.type.replace(/(?:\(.*\))?(?:\[\])*$/, "")),
  );
  return [...new Set(used)].filter((type) => made.includes(type) && !present.objects.has(type));
};
