import { type Catalog, flag, integer, notOfExtension, optionsSql, text, textOrNone, USER_SCHEMA } from "./catalog.ts";
import type { Column } from "./columns.ts";
import { addressOf, type SchemaObject } from "./schema-object.ts";

/**
 * Views, and materialised views without their rows. A view that is part of a cycle (a function it calls returns its
 * row type) is first made of NULLs of its columns' types, and replaced when what it needs is there.
 */
export const readViews = async (
  { query }: Catalog,
  columns: ReadonlyMap<number, readonly Column[]>,
): Promise<readonly SchemaObject[]> => {
  const rows = await query(
    `SELECT c.oid, r.oid AS rule_oid, n.nspname AS schema, format('%I.%I', n.nspname, c.relname) AS name,
       c.relkind = 'm' AS materialized, c.relispopulated AS populated, ${optionsSql("c.reloptions")} AS options,
       ${optionsSql("tt.reloptions", "toast.")} AS toast_options,
       CASE WHEN am.amname <> 'heap' THEN format(' USING %I', am.amname) END AS method,
       rtrim(pg_get_viewdef(c.oid), ';') AS definition
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_am am ON am.oid = c.relam
       JOIN pg_rewrite r ON r.ev_class = c.oid AND r.rulename = '_RETURN' LEFT JOIN pg_class tt ON tt.oid = c.reltoastrelid
     WHERE c.relkind IN ('v', 'm') AND ${USER_SCHEMA} AND ${notOfExtension("pg_class", "c.oid")}`,
  );
  return rows.flatMap((row) => {
    const oid = integer(row, "oid");
    const address = addressOf("pg_class", oid);
    const head = { schema: text(row, "schema"), name: text(row, "name"), tableOid: 0 };
    const { name } = head;
    const cols = columns.get(oid) ?? [];
    const optionList = [textOrNone(row, "options"), textOrNone(row, "toast_options")].filter((o) => o !== undefined);
    const options = optionList.length === 0 ? "" : ` WITH (${optionList.join(", ")})`;
    const definition = text(row, "definition");
    const alter = (action: string): SchemaObject => ({
      ...head,
      kind: "column option",
      needs: [address],
      sql: `ALTER ${flag(row, "materialized") ? "MATERIALIZED VIEW" : "VIEW"} ${name} ${action}`,
    });

    if (flag(row, "materialized")) {
      const method = textOrNone(row, "method") ?? "";
      return [
        {
          ...head,
          kind: "materialized view",
          address,
          sql: `CREATE MATERIALIZED VIEW ${name}${method}${options} AS\n${definition}\nWITH NO DATA`,
        },
        ...cols.flatMap((c) => c.options.map((option) => alter(`ALTER COLUMN ${c.name} ${option}`))),
        ...(flag(row, "populated") ? [refresh(head, address)] : []),
      ];
    }
    const stub: SchemaObject = {
      ...head,
      kind: "view",
      address,
      sql: `CREATE VIEW ${name}${options.replace(CHECK_OPTION, "")} AS\nSELECT ${cols.map(nullOf).join(", ")}`,
    };
    const body: SchemaObject = {
      ...head,
      kind: "view",
      address: addressOf("pg_rewrite", integer(row, "rule_oid")),
      needs: [address],
      sql: `CREATE OR REPLACE VIEW ${name}${options} AS\n${definition}`,
    };
    return [
      {
        ...head,
        kind: "view",
        address,
        sql: `CREATE VIEW ${name}${options} AS\n${definition}`,
        split: () => [stub, body],
      },
      ...cols
        .filter((c) => c.defaultSql !== undefined)
        .map((c) => ({
          ...alter(`ALTER COLUMN ${c.name} SET DEFAULT ${c.defaultSql}`),
          address: addressOf("pg_attrdef", c.defaultOid),
        })),
    ];
  });
};

// Only an updatable view may have a check option, and a SELECT of NULLs is none.
const CHECK_OPTION = /(?: WITH \(check_option='\w+'\)|check_option='\w+', |, check_option='\w+')/;

const nullOf = ({ name, type, collation }: Column): string =>
  `NULL::${type}${collation === undefined ? "" : ` COLLATE ${collation}`} AS ${name}`;

const refresh = (head: Pick<SchemaObject, "schema" | "name" | "tableOid">, view: string): SchemaObject => ({
  ...head,
  kind: "refresh materialized view",
  needs: [view],
  sql: `REFRESH MATERIALIZED VIEW ${head.name}`,
});
