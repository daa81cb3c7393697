import { type Catalog, integer, text, userRelation } from "./catalog.ts";
import { addressOf, type SchemaObject } from "./schema-object.ts";

/** Replica identity FULL or NOTHING; one by an index comes with the index (indexes.ts). */
export const readReplicaIdentities = async ({ query }: Catalog): Promise<readonly SchemaObject[]> => {
  const rows = await query(
    `SELECT c.oid, n.nspname AS schema, format('%I.%I', n.nspname, c.relname) AS name,
       CASE c.relreplident WHEN 'f' THEN 'FULL' ELSE 'NOTHING' END AS identity
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p') AND c.relreplident IN ('f', 'n') AND ${userRelation("c")}`,
  );
  return rows.map((row) => ({
    kind: "replica identity",
    needs: [addressOf("pg_class", integer(row, "oid"))],
    schema: text(row, "schema"),
    name: text(row, "name"),
    tableOid: integer(row, "oid"),
    sql: `ALTER TABLE ONLY ${text(row, "name")} REPLICA IDENTITY ${text(row, "identity")}`,
  }));
};

/** Objects that go when an extension goes (ALTER ... DEPENDS ON EXTENSION). */
export const readExtensionDependencies = async ({ query }: Catalog): Promise<readonly SchemaObject[]> => {
  const rows = await query(
    `SELECT d.classid::regclass::text AS catalog, d.objid AS oid, d.refobjid AS extension_oid, i.identity AS name,
       format('ALTER %s %s DEPENDS ON EXTENSION %I', upper(i.type), i.identity, x.extname) AS sql
     FROM pg_depend d JOIN pg_extension x ON x.oid = d.refobjid,
       LATERAL pg_identify_object(d.classid, d.objid, 0) i
     WHERE d.deptype = 'x' AND d.refclassid = 'pg_extension'::regclass`,
  );
  return rows.map((row) => ({
    kind: "extension dependency",
    about: addressOf(text(row, "catalog"), integer(row, "oid")),
    needs: [addressOf("pg_extension", integer(row, "extension_oid"))],
    schema: "",
    name: text(row, "name"),
    tableOid: 0,
    sql: text(row, "sql"),
  }));
};
