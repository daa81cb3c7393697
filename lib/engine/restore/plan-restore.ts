import type { Part, Point } from "../../model/point.ts";
import { partClass } from "../../model/row-age.ts";
import type { SchemaStatement, SequenceValue } from "../../model/schema.ts";
import type { TableFacts } from "../../model/table.ts";
import { type EpochMs, MIB } from "../../model/units.ts";
import type { TargetFacts, TargetTable } from "../../ports/target-database.ts";
import { sha256 } from "../document.ts";
import { daysGone } from "./days-gone.ts";
import { refuseExpired } from "./expired-tables.ts";
import { statementsIntoSchema, typesMissing } from "./into-schema.ts";
import {
  type PlannedStatement,
  type PlannedTable,
  type Refusal,
  type RestoreEstimate,
  type RestorePlan,
  type RestoreRate,
  type RestoreScope,
  sealRestorePlan,
} from "./restore-plan.ts";
import { withRolesOf } from "./roles.ts";
import { nameWithoutArguments, type Present, selectStatements, tablesInScope } from "./select-statements.ts";
import { quoteName, unquoteName } from "./sql-names.ts";
import { plainBytesOf, rowsOf, sealedBytesOf, type WholeTable, wholeTables } from "./whole-tables.ts";

/**
 * 294 MB in two tables with five indexes and a foreign key took 8.1 s, proof and statistics included, where server and
 * Lastgood shared two cores; a server of its own does several times that, a small one on slow disks a fraction.
 */
export const DEFAULT_RATE: RestoreRate = { bytesPerSecond: 35 * MIB, source: "default", factor: 4 };
/** Connecting, making the schema, statistics. */
export const SECONDS_MIN = 2;
const NAMES_SHOWN_MAX = 5;
/** Objects that a restore makes and that cannot be there already. */
const MADE_KINDS = new Set([
  "table",
  "view",
  "materialized view",
  "sequence",
  "type",
  "domain",
  "function",
  "procedure",
  "aggregate",
]);

export interface RestoreRequest {
  readonly point: Point;
  readonly parts: readonly Part[];
  readonly scope: RestoreScope;
  readonly target: TargetFacts;
  readonly rate: RestoreRate;
  readonly madeAt: EpochMs;
}

export interface TableWork extends WholeTable {
  readonly into: TargetTable;
}

/** A plan with the statements and layers it stands for. */
export interface RestoreWork {
  readonly plan: RestorePlan;
  readonly pre: readonly SchemaStatement[];
  readonly post: readonly SchemaStatement[];
  readonly sequences: readonly SequenceValue[];
  readonly tables: readonly TableWork[];
}

/**
 * Plans a restore: what will be made and loaded, why it may not be, and how long it will take. Decides from what it is
 * given alone, so that the same plan can be made again before it is applied.
 *
 * @throws TABLE_NOT_FOUND  the point has nothing of that name
 */
export const planRestore = (request: RestoreRequest): RestoreWork => {
  const { point, parts, scope, target } = request;
  const present: Present = {
    schemas: new Set(target.schemas),
    objects: new Set(target.objects.map((object) => object.name)),
    extensions: new Set(target.extensions),
  };
  const chosen =
    scope.intoSchema === undefined ? choose(request, present) : chooseInto(request, present, scope.intoSchema);
  const { pre, post, tables } = chosen;
  const sum = (of: (table: TableWork) => number): number => tables.reduce((total, table) => total + of(table), 0);
  const plainBytes = sum(plainBytesOf);
  const plan = sealRestorePlan({
    madeAt: request.madeAt,
    vaultId: point.vaultId,
    point: {
      id: point.id,
      generation: point.generation,
      database: point.database,
      takenAt: point.snapshot.takenAt,
      parts: Object.fromEntries(point.parts.map((part) => [part.class, part.sha256])),
    },
    target: target.identity,
    scope,
    tables: tables.map(plannedTable),
    rows: sum(rowsOf),
    plainBytes,
    sealedBytes: sum(sealedBytesOf),
    statements: {
      sha256: sha256([...pre, ...post].map((statement) => `${statement.sql};\n`).join("")),
      pre: listed(pre),
      post: listed(post),
      sequences: chosen.sequences.length,
    },
    refusals: [...unfit(request, pre), ...refuseExpired(point, parts, scope, chosen.tableOids), ...chosen.refusals],
    notices: [...chosen.notices, ...daysGone(point, parts, tables), ...notHeld(parts), diskNotice(plainBytes)],
    estimate: estimate(plainBytes, request.rate),
  });
  return { plan, pre, post, sequences: chosen.sequences, tables };
};

const plannedTable = (work: TableWork): PlannedTable => {
  const [{ class: partName, table }] = work.sources;
  const days = work.sources.flatMap((source) => source.table.facts.slice?.day ?? []);
  return {
    class: partClass(partName).class,
    id: table.id,
    schema: work.facts.schema,
    name: work.facts.name,
    intoSchema: work.into.schema,
    ...(table.facts.slice === undefined ? {} : { days }),
    rows: rowsOf(work),
    plainBytes: plainBytesOf(work),
    sealedBytes: sealedBytesOf(work),
  };
};

interface Chosen extends Omit<RestoreWork, "plan"> {
  /** Of the tables in scope, also those whose rows are gone. */
  readonly tableOids: ReadonlySet<number>;
  readonly refusals: readonly Refusal[];
  readonly notices: readonly string[];
}

const choose = (request: RestoreRequest, present: Present): Chosen => {
  const { parts, scope, target } = request;
  const { schema } = parts[0] ?? { schema: { statements: [], sequences: [], uncovered: [] } };
  const all = wholeTables(parts);
  const selection = selectStatements(
    schema,
    all.map(({ facts }) => facts),
    scope,
    present,
  );
  const roles = new Set(target.roles);
  const missing = new Set<string>();
  let passed = 0;
  const statements = selection.statements.flatMap((statement) => {
    const kept = withRolesOf(statement, roles);
    for (const role of kept.missing) missing.add(role);
    passed += kept.statement === undefined ? 1 : 0;
    return kept.statement === undefined ? [] : [kept.statement];
  });
  const notices = [
    ...selection.notices,
    ...(missing.size === 0
      ? []
      : [
          `roles that the target lacks: ${[...missing].sort().join(", ")}; grants and policies for them are passed over: ${passed}`,
        ]),
  ];
  return {
    pre: statements.filter((statement) => statement.section === "pre"),
    post: statements.filter((statement) => statement.section === "post"),
    sequences: selection.sequences,
    tableOids: selection.tableOids,
    tables: all
      .filter(({ facts }) => selection.tableOids.has(facts.oid))
      .map((table) => ({ ...table, into: intoOf(table.facts, table.facts.schema) })),
    refusals: notEmpty(request, statements),
    notices,
  };
};

const chooseInto = ({ parts, scope, target }: RestoreRequest, present: Present, into: string): Chosen => {
  const all = wholeTables(parts);
  const captured = parts[0]?.schema ?? { statements: [], sequences: [], uncovered: [] };
  const whole = scope.schemas.length + scope.tables.length === 0;
  const allFacts = all.map(({ facts }) => facts);
  const oids = whole ? new Set(allFacts.map((facts) => facts.oid)) : tablesInScope(captured, allFacts, scope);
  const tables = all.filter(({ facts }) => oids.has(facts.oid));
  const chosen = tables.map(({ facts }) => facts);
  const { statements, notices } = statementsIntoSchema(chosen, into);
  const types = typesMissing(chosen, present, captured.statements);
  return {
    pre: statements.filter((statement) => statement.section === "pre"),
    post: statements.filter((statement) => statement.section === "post"),
    sequences: [],
    tableOids: oids,
    tables: tables.map((table) => ({ ...table, into: intoOf(table.facts, into) })),
    refusals: [
      ...(target.schemas.includes(into)
        ? [{ code: "TARGET_NOT_EMPTY", message: `schema ${into} exists in the target already` } as const]
        : []),
      ...types.map(
        (type) => ({ code: "TARGET_UNFIT", message: `the target has no type ${type}, which a column needs` }) as const,
      ),
    ],
    notices,
  };
};

const intoOf = ({ name, columns, format }: TableFacts, schema: string): TargetTable => ({
  schema,
  name,
  columns: columns.map((column) => column.name),
  format,
});

/** A whole restore wants an empty database; any other, that what it makes is not there. */
const notEmpty = ({ scope, target }: RestoreRequest, statements: readonly SchemaStatement[]): readonly Refusal[] => {
  const whole = scope.schemas.length + scope.tables.length === 0;
  const made = new Set(statements.filter(({ kind }) => MADE_KINDS.has(kind)).map(nameWithoutArguments));
  const there = target.objects.filter(
    (object) => whole || scope.schemas.includes(object.schema) || made.has(object.name),
  );
  if (there.length === 0) return [];
  const shown = there
    .slice(0, NAMES_SHOWN_MAX)
    .map((object) => object.name)
    .join(", ");
  const more = there.length > NAMES_SHOWN_MAX ? ` and ${there.length - NAMES_SHOWN_MAX} more` : "";
  return [{ code: "TARGET_NOT_EMPTY", message: `database ${target.identity.database} has ${shown}${more} already` }];
};

/** What no choice of scope changes. */
const unfit = ({ point, target }: RestoreRequest, pre: readonly SchemaStatement[]): readonly Refusal[] => {
  const refusals: Refusal[] = [];
  const major = (version: number): number => Math.floor(version / 10_000);
  const { identity } = target;
  const from = point.identity;
  if (major(identity.serverVersion) < major(from.serverVersion))
    refusals.push({
      code: "TARGET_UNFIT",
      message: `the target is PostgreSQL ${major(identity.serverVersion)}, older than the ${major(from.serverVersion)} the point was captured from`,
    });
  // Rows travel as UTF-8, which any database in UTF-8 holds; one without an encoding holds bytes that only its like can.
  const fits = identity.encoding === from.encoding || (identity.encoding === "UTF8" && from.encoding !== "SQL_ASCII");
  if (!fits)
    refusals.push({
      code: "TARGET_UNFIT",
      message: `the target's encoding is ${identity.encoding}, the point's is ${from.encoding}`,
    });
  if (target.standby)
    refusals.push({ code: "TARGET_UNFIT", message: "the target is a standby: it cannot be written to" });
  if (
    !target.mayCreate &&
    pre.some((statement) => statement.kind === "schema" && !statement.sql.includes(" IF NOT EXISTS "))
  )
    refusals.push({ code: "DATABASE_FORBIDDEN", message: `the role may not create schemas in ${identity.database}` });
  const available = new Set(target.extensionsAvailable.map(quoteName));
  for (const statement of pre)
    if (statement.kind === "extension" && !available.has(quoteName(unquoteName(statement.name))))
      refusals.push({ code: "TARGET_UNFIT", message: `the target's server does not have extension ${statement.name}` });
  return refusals;
};

const notHeld = (parts: readonly Part[]): readonly string[] =>
  (parts[0]?.schema.uncovered ?? []).map(({ kind, count, names }) => {
    const shown = names.slice(0, NAMES_SHOWN_MAX).join(", ");
    return `not in the point: ${kind}: ${count}${shown === "" ? "" : ` (${shown}${count > NAMES_SHOWN_MAX ? ", ..." : ""})`}`;
  });

const diskNotice = (plainBytes: number): string =>
  `the rows need about ${Math.ceil(plainBytes / MIB)} MiB on the server's disk, and indexes come on top; how much is free there cannot be asked by SQL`;

const estimate = (plainBytes: number, rate: RestoreRate): RestoreEstimate => ({
  ...rate,
  seconds: Math.ceil(SECONDS_MIN + plainBytes / rate.bytesPerSecond),
});

const listed = (statements: readonly SchemaStatement[]): readonly PlannedStatement[] => {
  const counts = new Map<string, { readonly kind: string; readonly name: string; count: number }>();
  for (const { kind, name } of statements) {
    const key = `${kind} ${name}`;
    const seen = counts.get(key);
    if (seen === undefined) counts.set(key, { kind, name, count: 1 });
    else seen.count++;
  }
  return [...counts.values()];
};
