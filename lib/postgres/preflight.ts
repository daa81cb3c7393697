import type { TableFacts } from "../model/table.ts";
import type { CatalogQuery } from "./catalog.ts";

// Rights on all columns together are as good as the right on the table. A table without columns needs the latter.
const PROBLEMS = `
  SELECT format('%s.%s: %s', n.nspname, c.relname, problem) AS problem
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,
  LATERAL (VALUES
    (NOT has_schema_privilege(n.oid, 'USAGE'), 'role ' || current_user || ' has no USAGE on its schema'),
    (NOT coalesce((SELECT bool_and(has_column_privilege(c.oid, a.attnum, 'SELECT')) FROM pg_attribute a
       WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped), has_table_privilege(c.oid, 'SELECT')),
     'role ' || current_user || ' has no SELECT on it'),
    (row_security_active(c.oid), 'row security would hide rows from role ' || current_user),
    (c.relpersistence = 'u' AND pg_is_in_recovery(), 'unlogged tables cannot be read on a standby')
  ) AS v (holds, problem)
  WHERE c.oid = ANY ($1::oid[]) AND holds
  ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C", problem`;

/** What would make reading the given tables fail or lie, one line each. */
export async function readProblems(query: CatalogQuery, tables: readonly TableFacts[]): Promise<readonly string[]> {
  const oids = tables.map((table) => table.oid);
  const rows = await query(PROBLEMS, [oids]);
  return rows.map((row) => String(row["problem"]));
}

// Until 16 whoever is a member of a role may take it; since then membership says by itself whether it allows that.
const VERSION_WITH_SET_OPTION = 160_000;

const ROLE = `
  SELECT session_user AS login, r.oid IS NOT NULL AS known, coalesce(pg_has_role(session_user, r.oid, $2), false) AS may
  FROM (VALUES ($1)) AS asked (name) LEFT JOIN pg_roles r ON r.rolname = asked.name`;

/** Why who logged in cannot take a role; undefined if he can. */
export async function roleProblem(
  query: CatalogQuery,
  role: string,
  serverVersion: number,
): Promise<string | undefined> {
  const [row] = await query(ROLE, [role, serverVersion >= VERSION_WITH_SET_OPTION ? "SET" : "MEMBER"]);
  if (row?.["known"] !== true) return `there is no role ${role}`;
  return row["may"] === true ? undefined : `role ${String(row["login"])} may not take role ${role}`;
}
