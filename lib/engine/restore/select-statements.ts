import { Failure } from "../../model/errors.ts";
import type { CapturedSchema, SchemaStatement, SequenceValue } from "../../model/schema.ts";
import type { TableFacts } from "../../model/table.ts";
import { Inheritance, parentsOf } from "./inheritance.ts";
import type { RestoreScope } from "./restore-plan.ts";
import { mentions, QUALIFIED, splitQualified, unquoteName } from "./sql-names.ts";

/** What is already in the database that statements are chosen for. */
export interface Present {
  readonly schemas: ReadonlySet<string>;
  /** Qualified and quoted names of relations, types and routines. */
  readonly objects: ReadonlySet<string>;
  readonly extensions: ReadonlySet<string>;
}

export interface Selection {
  readonly statements: readonly SchemaStatement[];
  readonly sequences: readonly SequenceValue[];
  /** oids of the tables whose rows belong to the scope. */
  readonly tableOids: ReadonlySet<number>;
  readonly notices: readonly string[];
}

/** Kinds that others need, in whatever schema they are. Text search, operators and collations are told by their schema alone. */
const NEEDED_KINDS = new Set([
  "schema",
  "extension",
  "type",
  "domain",
  "function",
  "procedure",
  "aggregate",
  "sequence",
]);
const UNLISTED_KINDS = new Set(["collation", "operator", "text search dictionary", "text search configuration"]);
/** Kinds that go with an object they name and that stands on its own. */
const FOLLOWING_KINDS = new Set(["domain constraint", "text search mapping", "comment", "acl", "grant"]);

/** The statements of a whole schema, or those of some schemas and tables with what they need and the target lacks. */
export const selectStatements = (
  schema: CapturedSchema,
  tables: readonly TableFacts[],
  scope: RestoreScope,
  present: Present,
): Selection => {
  if (scope.schemas.length + scope.tables.length === 0)
    return {
      statements: schema.statements,
      sequences: schema.sequences,
      tableOids: new Set(tables.map((table) => table.oid)),
      notices: [],
    };
  const tableOids = tablesInScope(schema, tables, scope);
  const schemas = new Set(scope.schemas);
  const inScope = schema.statements.filter(
    (statement) => (statement.tableOid !== 0 && tableOids.has(statement.tableOid)) || schemas.has(statement.schema),
  );
  const notices: string[] = [];
  const inheritance = new Inheritance(schema.statements, inScope);
  const kept = inScope.filter((statement) => {
    const why = inheritance.whyLeftOut(statement, present) ?? whyLeftOut(statement, inScope, present);
    if (why !== undefined) notices.push(`${statement.kind} ${statement.name} is not made: ${why}`);
    return why === undefined;
  });
  for (const statement of schema.statements) {
    const pointsHere = statement.kind === "foreign key" && !inScope.includes(statement) && referenced(statement);
    if (pointsHere && inScope.some((one) => one.kind === "table" && one.name === pointsHere))
      notices.push(`foreign key ${statement.name} of a table out of scope points here; it is not made`);
  }
  const chosen = withNeeds(schema.statements, new Set(kept), present);
  const statements = schema.statements.filter((statement) => chosen.has(statement));
  return { statements, sequences: sequencesOf(schema, statements), tableOids, notices };
};

/**
 * Tables the scope names, and the partitions of those.
 * @throws TABLE_NOT_FOUND  the point has no such table or schema
 */
export const tablesInScope = (
  schema: CapturedSchema,
  tables: readonly TableFacts[],
  scope: RestoreScope,
): ReadonlySet<number> => {
  const oids = new Set<number>();
  const made = schema.statements.filter((statement) => statement.kind === "table");
  for (const wanted of scope.schemas) {
    const found = schema.statements.some((statement) => statement.schema === wanted);
    if (!found && !tables.some((table) => table.schema === wanted))
      throw new Failure("TABLE_NOT_FOUND", `the point has no schema ${wanted}`);
    for (const table of tables) if (table.schema === wanted) oids.add(table.oid);
    for (const table of made) if (table.schema === wanted) oids.add(table.tableOid);
  }
  for (const wanted of scope.tables) {
    const found = [
      ...tables.filter((table) => `${table.schema}.${table.name}` === wanted).map((table) => table.oid),
      ...made.filter((table) => splitQualified(table.name)?.join(".") === wanted).map((table) => table.tableOid),
    ];
    if (found.length === 0) throw new Failure("TABLE_NOT_FOUND", `the point has no table ${wanted}`);
    for (const oid of found) oids.add(oid);
  }
  const partitions = schema.statements.filter((statement) => statement.kind === "attach partition");
  const nameOf = new Map(made.map((table) => [table.tableOid, table.name]));
  for (let before = -1; before !== oids.size; ) {
    before = oids.size;
    const names = new Set([...oids].map((oid) => nameOf.get(oid)));
    for (const partition of partitions) if (names.has(parentOf(partition))) oids.add(partition.tableOid);
  }
  return oids;
};

/** Name of the table that a partition is attached to. */
export const parentOf = (attach: SchemaStatement): string | undefined =>
  new RegExp(`^ALTER TABLE ONLY (${QUALIFIED}) ATTACH PARTITION `).exec(attach.sql)?.[1];

const referenced = (foreignKey: SchemaStatement): string | undefined =>
  new RegExp(` REFERENCES (${QUALIFIED})\\(`).exec(foreignKey.sql)?.[1];

const whyLeftOut = (
  statement: SchemaStatement,
  inScope: readonly SchemaStatement[],
  present: Present,
): string | undefined => {
  const made = (name: string | undefined): boolean =>
    name !== undefined && inScope.some((one) => one.kind === "table" && one.name === name);
  switch (statement.kind) {
    case "publication member":
      return "publications are restored with the whole database only";
    case "attach partition":
      return made(parentOf(statement)) ? undefined : "the table it is a partition of is not in scope";
    case "attach index": {
      const partitionMade = inScope.some(
        (one) => one.kind === "attach partition" && one.tableOid === statement.tableOid && made(parentOf(one)),
      );
      return partitionMade ? undefined : "the table it is a partition of is not in scope";
    }
    case "foreign key": {
      const name = referenced(statement);
      const there = made(name) || (name !== undefined && present.objects.has(name));
      return there ? undefined : `the table it refers to (${name}) is neither in scope nor in the target`;
    }
    default:
      return undefined;
  }
};

/** Adds, step by step, what the chosen statements name and the target lacks. Names are qualified, so text tells. */
const withNeeds = (
  all: readonly SchemaStatement[],
  chosen: ReadonlySet<SchemaStatement>,
  present: Present,
): ReadonlySet<SchemaStatement> => {
  const result = new Set(chosen);
  let added: readonly SchemaStatement[] = [...chosen];
  while (added.length > 0) {
    const text = added.filter((statement) => statement.kind !== "foreign key").map((statement) => statement.sql);
    const sql = text.join("\n");
    const schemas = new Set(added.map((statement) => statement.schema));
    const inherited = new Set(text.flatMap(parentsOf));
    added = all.filter((statement) => {
      if (result.has(statement) || isPresent(statement, present)) return false;
      if (statement.kind === "schema") return schemas.has(statement.schema);
      if (statement.kind === "extension") return sql.includes(`${extensionSchema(statement)}.`);
      if (statement.kind === "table") return inherited.has(statement.name);
      if (NEEDED_KINDS.has(statement.kind) || UNLISTED_KINDS.has(statement.kind))
        return mentions(sql, nameWithoutArguments(statement));
      return false;
    });
    for (const statement of added) result.add(statement);
  }
  const alone = [...result].filter((statement) => !chosen.has(statement) && statement.tableOid === 0);
  for (const statement of all)
    if (FOLLOWING_KINDS.has(statement.kind) && statement.tableOid === 0)
      if (alone.some((one) => mentions(statement.sql, nameWithoutArguments(one)))) result.add(statement);
  return result;
};

const extensionSchema = (extension: SchemaStatement): string =>
  / WITH SCHEMA (.+)$/.exec(extension.sql)?.[1] ?? extension.name;

export const nameWithoutArguments = (statement: SchemaStatement): string =>
  new RegExp(`^${QUALIFIED}(?=\\()`).exec(statement.name)?.[0] ?? statement.name;

const isPresent = (statement: SchemaStatement, present: Present): boolean => {
  if (statement.kind === "schema") return present.schemas.has(statement.schema);
  if (statement.kind === "extension") return present.extensions.has(unquoteName(statement.name));
  if (UNLISTED_KINDS.has(statement.kind)) return present.schemas.has(statement.schema);
  return present.objects.has(nameWithoutArguments(statement));
};

/** Values of the sequences that the statements make, those of identity columns too. */
const sequencesOf = (schema: CapturedSchema, statements: readonly SchemaStatement[]): readonly SequenceValue[] => {
  const made = new Set<string>();
  const add = (name: string) => made.add(JSON.stringify(splitQualified(name)));
  for (const statement of statements) {
    if (statement.kind === "sequence") add(statement.name);
    for (const found of statement.sql.matchAll(new RegExp(`SEQUENCE NAME (${QUALIFIED})`, "g")))
      add(found[1] as string);
  }
  return schema.sequences.filter(({ schema: s, name }) => made.has(JSON.stringify([s, name])));
};
