import { type Catalog, type CatalogRow, flag, integer, json, notOfExtension, text, USER_SCHEMA } from "./catalog.ts";
import { addressOf, type SchemaObject } from "./schema-object.ts";

/** One right of one grantee, as aclexplode gives it. */
interface Right {
  readonly privilege: string;
  /** Quoted role, `PUBLIC`, or `CURRENT_USER` for the owner: a point knows no owner but who restores it. */
  readonly grantee: string;
  readonly grantable: boolean;
}

/**
 * Rights that differ from what a new object has, as GRANT and REVOKE. Those of PUBLIC and the owner are of kind `acl`;
 * those of other roles are of kind `grant`, because a restore must pass over roles the target does not have. Who
 * granted a right is not kept: the owner grants it again.
 */
export const readRights = async ({ query }: Catalog): Promise<readonly SchemaObject[]> => {
  const rows = await query(
    `SELECT o.catalog, o.oid, o.target, o.columns,
       ${rights("o.acl", "o.owner")} AS rights,
       ${rights("coalesce(o.initial, acldefault(o.type, o.owner))", "o.owner")} AS defaults
     FROM (${OBJECTS}) o WHERE o.acl IS NOT NULL ORDER BY o.catalog, o.target, o.columns`,
  );
  return rows.flatMap((row) =>
    changes(row).map(({ verb, privileges, grantee, tail }): SchemaObject => {
      const columns = text(row, "columns");
      const what = privileges.map((privilege) => `${privilege}${columns}`).join(", ");
      return {
        kind: isRole(grantee) ? "grant" : "acl",
        about: addressOf(text(row, "catalog"), integer(row, "oid")),
        schema: "",
        name: `${text(row, "target")}${columns}`,
        tableOid: 0,
        sql: `${verb} ${what} ON ${text(row, "target")} ${verb === "GRANT" ? "TO" : "FROM"} ${grantee}${tail}`,
      };
    }),
  );
};

/** ALTER DEFAULT PRIVILEGES. Those of a role other than the database's owner name it, and are of kind `grant`. */
export const readDefaultPrivileges = async ({ query }: Catalog): Promise<readonly SchemaObject[]> => {
  const rows = await query(
    `SELECT CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS'
         WHEN 'T' THEN 'TYPES' WHEN 'n' THEN 'SCHEMAS' ELSE 'LARGE OBJECTS' END AS target,
       coalesce(n.nspname, '') AS schema, coalesce(n.oid, 0) AS schema_oid,
       CASE WHEN d.defaclrole <> b.datdba THEN format(' FOR ROLE %I', pg_get_userbyid(d.defaclrole)) ELSE '' END ||
         coalesce(' IN SCHEMA ' || quote_ident(n.nspname), '') AS scope, d.defaclrole <> b.datdba AS of_role,
       ${rights("d.defaclacl", "d.defaclrole")} AS rights,
       -- Default privileges of a schema add to those of the database, which start from the built-in ones.
       CASE WHEN d.defaclnamespace = 0
         THEN ${rights(`acldefault(CASE d.defaclobjtype WHEN 'S' THEN 's' ELSE d.defaclobjtype END::"char", d.defaclrole)`, "d.defaclrole")} END AS defaults
     FROM pg_default_acl d JOIN pg_database b ON b.datname = current_database()
       LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace`,
  );
  return rows.flatMap((row) =>
    changes(row).map(({ verb, privileges, grantee, tail }): SchemaObject => {
      const direction = verb === "GRANT" ? "TO" : "FROM";
      return {
        kind: isRole(grantee) || flag(row, "of_role") ? "grant" : "default privileges",
        needs: integer(row, "schema_oid") === 0 ? [] : [addressOf("pg_namespace", integer(row, "schema_oid"))],
        schema: text(row, "schema"),
        name: `${text(row, "target")}${text(row, "scope")}`,
        tableOid: 0,
        sql: `ALTER DEFAULT PRIVILEGES${text(row, "scope")} ${verb} ${privileges.join(", ")} ON ${text(row, "target")} ${direction} ${grantee}${tail}`,
      };
    }),
  );
};

const rights = (acl: string, owner: string): string =>
  `(SELECT json_agg(json_build_object('privilege', x.privilege_type, 'grantable', x.is_grantable, 'grantee',
      CASE WHEN x.grantee = 0 THEN 'PUBLIC' WHEN x.grantee = ${owner} AND pg_get_userbyid(x.grantee) <> 'pg_database_owner'
        THEN 'CURRENT_USER' ELSE quote_ident(pg_get_userbyid(x.grantee)) END) ORDER BY x.ordinality)
    FROM aclexplode(${acl}) WITH ORDINALITY AS x(grantor, grantee, privilege_type, is_grantable, ordinality))`;

// A schema's default rights are those in pg_init_privs where initdb made it: public, which belongs to pg_database_owner.
const OBJECTS = `
  SELECT 'pg_class' AS catalog, c.oid, CASE c.relkind WHEN 'S' THEN 'SEQUENCE ' ELSE 'TABLE ' END || format('%I.%I', n.nspname, c.relname) AS target,
    '' AS columns, CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char" AS type, c.relowner AS owner, c.relacl AS acl, NULL::aclitem[] AS initial
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S') AND ${USER_SCHEMA} AND ${notOfExtension("pg_class", "c.oid")}
  UNION ALL
  SELECT 'pg_class', c.oid, 'TABLE ' || format('%I.%I', n.nspname, c.relname), format(' (%I)', a.attname), 'c', c.relowner, a.attacl, NULL
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm') AND ${USER_SCHEMA} AND ${notOfExtension("pg_class", "c.oid")}
  UNION ALL
  SELECT 'pg_proc', p.oid, CASE p.prokind WHEN 'p' THEN 'PROCEDURE ' ELSE 'FUNCTION ' END || p.oid::regprocedure, '', 'f', p.proowner, p.proacl, NULL
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE ${USER_SCHEMA} AND ${notOfExtension("pg_proc", "p.oid")}
  UNION ALL
  SELECT 'pg_type', t.oid, 'TYPE ' || format('%I.%I', n.nspname, t.typname), '', 'T', t.typowner, t.typacl, NULL
  FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE ${USER_SCHEMA} AND ${notOfExtension("pg_type", "t.oid")}
  UNION ALL
  SELECT 'pg_namespace', n.oid, 'SCHEMA ' || quote_ident(n.nspname), '', 'n', n.nspowner, n.nspacl,
    (SELECT i.initprivs FROM pg_init_privs i WHERE i.classoid = 'pg_namespace'::regclass AND i.objoid = n.oid AND i.privtype = 'i')
  FROM pg_namespace n WHERE ${USER_SCHEMA} AND ${notOfExtension("pg_namespace", "n.oid")}`;

interface Change {
  readonly verb: "GRANT" | "REVOKE";
  readonly privileges: readonly string[];
  readonly grantee: string;
  readonly tail: string;
}

/** REVOKE what is missing, then GRANT what is more, grantee by grantee in the order of the list of rights. */
const changes = (row: CatalogRow): readonly Change[] => {
  const defaults = json<Right>(row, "defaults");
  const actual = json<Right>(row, "rights");
  const grantees = [...new Set([...defaults, ...actual].map((right) => right.grantee))];
  const without = (
    from: readonly Right[],
    other: readonly Right[],
    grantee: string,
    grantable: boolean | undefined,
  ) => [
    ...new Set(
      from
        .filter((r) => r.grantee === grantee && (grantable === undefined || r.grantable === grantable))
        .filter(
          (r) =>
            !other.some((o) => o.grantee === grantee && o.privilege === r.privilege && (o.grantable || !r.grantable)),
        )
        .map((r) => r.privilege),
    ),
  ];
  return grantees.flatMap((grantee) => {
    const all: Change[] = [
      { verb: "REVOKE", privileges: without(defaults, actual, grantee, undefined), grantee, tail: "" },
      { verb: "GRANT", privileges: without(actual, defaults, grantee, false), grantee, tail: "" },
      { verb: "GRANT", privileges: without(actual, defaults, grantee, true), grantee, tail: " WITH GRANT OPTION" },
    ];
    return all.filter((change) => change.privileges.length > 0);
  });
};

/** Roles every server has need no mercy from a restore. */
const isRole = (grantee: string): boolean => !["PUBLIC", "CURRENT_USER", "pg_database_owner"].includes(grantee);
