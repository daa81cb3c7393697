import type { TargetFacts } from "../../ports/target-database.ts";
import type { Session } from "../session.ts";

const USER_SCHEMA = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'";

const notOfExtension = (catalog: string, oid: string): string =>
  `NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = '${catalog}'::regclass AND e.objid = ${oid} AND e.deptype = 'e')`;

// A table's row type and an array type come and go with what they belong to.
const OBJECTS = `
  SELECT n.nspname AS schema, format('%I.%I', n.nspname, c.relname) AS name
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND ${USER_SCHEMA} AND ${notOfExtension("pg_class", "c.oid")}
  UNION ALL
  SELECT n.nspname, format('%I.%I', n.nspname, t.typname)
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
    WHERE t.typrelid = 0 AND t.typcategory <> 'A' AND ${USER_SCHEMA} AND ${notOfExtension("pg_type", "t.oid")}
      AND NOT EXISTS (SELECT FROM pg_range r WHERE r.rngmultitypid = t.oid)
  UNION ALL
  SELECT n.nspname, format('%I.%I', n.nspname, t.typname)
    FROM pg_type t JOIN pg_class c ON c.oid = t.typrelid AND c.relkind = 'c' JOIN pg_namespace n ON n.oid = t.typnamespace
    WHERE ${USER_SCHEMA} AND ${notOfExtension("pg_type", "t.oid")}
  UNION ALL
  SELECT DISTINCT n.nspname, format('%I.%I', n.nspname, p.proname)
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE ${USER_SCHEMA} AND ${notOfExtension("pg_proc", "p.oid")}
  ORDER BY 1, 2`;

interface ServerRow {
  readonly database: string;
  readonly oid: string;
  readonly encoding: string;
  readonly standby: boolean;
  readonly may_create: boolean;
  readonly may_control: boolean;
}

/** What a restore must know of a database before it changes anything. Reads catalogs only. */
export const readTargetFacts = async (session: Session): Promise<TargetFacts> => {
  const doing = "reading what the target holds";
  const names = async (sql: string): Promise<readonly string[]> =>
    (await session.query<{ name: string }>(sql, [], doing)).map((row) => row.name);
  const [server] = await session.query<ServerRow>(
    `SELECT d.datname AS database, d.oid::text AS oid, pg_encoding_to_char(d.encoding) AS encoding,
       pg_is_in_recovery() AS standby, has_database_privilege(d.oid, 'CREATE') AS may_create,
       has_function_privilege('pg_control_system()', 'EXECUTE') AS may_control
     FROM pg_database d WHERE d.datname = current_database()`,
    [],
    doing,
  );
  if (server === undefined) throw new TypeError("a database does not list itself");
  const [systemIdentifier] = server.may_control
    ? await names("SELECT system_identifier::text AS name FROM pg_control_system()")
    : [];
  return {
    identity: {
      systemIdentifier: systemIdentifier ?? "",
      databaseOid: Number(server.oid),
      database: server.database,
      serverVersion: session.serverVersion,
      encoding: server.encoding,
    },
    standby: server.standby,
    mayCreate: server.may_create,
    schemas: await names(`SELECT n.nspname AS name FROM pg_namespace n WHERE ${USER_SCHEMA} ORDER BY 1`),
    objects: await session.query<{ schema: string; name: string }>(OBJECTS, [], doing),
    extensions: await names("SELECT extname AS name FROM pg_extension ORDER BY 1"),
    extensionsAvailable: await names("SELECT name FROM pg_available_extensions ORDER BY 1"),
    roles: await names("SELECT rolname AS name FROM pg_roles ORDER BY 1"),
  };
};
