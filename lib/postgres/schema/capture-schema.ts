import { Failure } from "../../model/errors.ts";
import type { CapturedSchema } from "../../model/schema.ts";
import { readAggregates } from "./aggregates.ts";
import { type Catalog, integer, type Query, USER_OID_MIN } from "./catalog.ts";
import { readCollations } from "./collations.ts";
import { readColumns } from "./columns.ts";
import { readComments } from "./comments.ts";
import { readConstraints, readValidations } from "./constraints.ts";
import { readDependencies } from "./dependencies.ts";
import { readDomains } from "./domains.ts";
import { readEventTriggers } from "./event-triggers.ts";
import { readIndexes } from "./indexes.ts";
import { readExtensionDependencies, readReplicaIdentities } from "./marks.ts";
import { readCasts, readOperators } from "./operators.ts";
import { orderObjects } from "./order.ts";
import { readPolicies } from "./policies.ts";
import { readPublications } from "./publications.ts";
import { readDefaultPrivileges, readRights } from "./rights.ts";
import { readRoutines } from "./routines.ts";
import type { Address, SchemaObject } from "./schema-object.ts";
import { readExtensions, readSchemas } from "./schemas.ts";
import { readSequences, readSequenceValues } from "./sequences.ts";
import { readStatistics } from "./statistics.ts";
import { readTables } from "./tables.ts";
import { readTextSearch } from "./text-search.ts";
import { readRules, readTriggers } from "./triggers.ts";
import { readTypes } from "./types.ts";
import { readUncovered, uncoveredObjects } from "./uncovered.ts";
import { readViews } from "./views.ts";

/** Readers of one kind of object each, in the order of the work. */
const READERS: readonly ((catalog: Catalog) => Promise<readonly SchemaObject[]>)[] = [
  readSchemas,
  readExtensions,
  readCollations,
  readTypes,
  readDomains,
  readRoutines,
  readAggregates,
  readOperators,
  readCasts,
  readTextSearch,
  readSequences,
  readConstraints,
  readValidations,
  readIndexes,
  readStatistics,
  readReplicaIdentities,
  readRules,
  readTriggers,
  readPolicies,
  readExtensionDependencies,
  readPublications,
  readComments,
  readRights,
  readDefaultPrivileges,
  readEventTriggers,
];

/**
 * Describes the schema of a database as statements that rebuild it, from the catalogs alone.
 *
 * Needs no right but to connect (and SELECT on sequences). The names in the statements are qualified because the
 * session's search_path is empty; run them in a session where it is empty too and `check_function_bodies` is off.
 *
 * Definitions that PostgreSQL prints (views, indexes, constraints, functions) are those of now, not of the snapshot: a
 * migration that runs at this moment may show half. pg_dump has the same hole; the callers' check for tables that moved
 * closes it for tables.
 * @param query  runs in the session whose snapshot is to be described, `search_path` empty
 * @throws DATABASE_FORBIDDEN  the role may not read a sequence
 * @throws SOURCE_MOVED  something was dropped while it was described
 */
export const captureSchema = async (query: Query): Promise<CapturedSchema> => {
  const [version] = await query("SELECT current_setting('server_version_num')::integer / 10000 AS major");
  const catalog: Catalog = { query, major: integer(version ?? {}, "major") };
  const columns = await readColumns(catalog);
  const objects = [...(await readTables(catalog, columns)), ...(await readViews(catalog, columns))];
  for (const read of READERS) objects.push(...(await read(catalog)));
  const { statements, unmet, cyclic } = orderObjects(objects, await readDependencies(catalog), isUserAddress);
  refuseDropped(statements);
  return {
    statements,
    sequences: await readSequenceValues(catalog),
    uncovered: [
      ...(await readUncovered(catalog)),
      ...uncoveredObjects(unmet, "that needs what is not captured"),
      ...uncoveredObjects(cyclic, "in a dependency cycle that a restore may not solve"),
    ],
  };
};

// What PostgreSQL prints for a column that an expression of the snapshot names and that is gone now (ruleutils.c). Bodies and
// comments are a user's own text.
const DROPPED_COLUMN = '"?dropped?column?"';
const FREE_TEXT = ["function", "procedure", "comment"];

const refuseDropped = (statements: CapturedSchema["statements"]): void => {
  const half = statements.find(({ kind, sql }) => sql.includes(DROPPED_COLUMN) && !FREE_TEXT.includes(kind));
  if (half === undefined) return;
  throw new Failure("SOURCE_MOVED", `a column that ${half.kind} ${half.name} names was dropped since the snapshot`);
};

const isUserAddress = (address: Address): boolean => Number(address.slice(address.indexOf("/") + 1)) >= USER_OID_MIN;
