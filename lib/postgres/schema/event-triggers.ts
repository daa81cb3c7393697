import { type Catalog, integer, notOfExtension, text, textOrNone } from "./catalog.ts";
import { addressOf, type SchemaObject } from "./schema-object.ts";

/** Event triggers with their state. They come nearly last, or they would fire on the restore's own statements. */
export const readEventTriggers = async ({ query }: Catalog): Promise<readonly SchemaObject[]> => {
  const rows = await query(
    `SELECT t.oid, format('%I', t.evtname) AS name,
       format('CREATE EVENT TRIGGER %I ON %s%s EXECUTE FUNCTION %s()', t.evtname, t.evtevent,
         (SELECT ' WHEN TAG IN (' || string_agg(quote_literal(g), ', ' ORDER BY at) || ')' FROM unnest(t.evttags) WITH ORDINALITY AS u(g, at)),
         t.evtfoid::regproc) AS sql,
       CASE t.evtenabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' WHEN 'A' THEN 'ENABLE ALWAYS' END AS state
     FROM pg_event_trigger t WHERE ${notOfExtension("pg_event_trigger", "t.oid")}`,
  );
  return rows.flatMap((row) => {
    const address = addressOf("pg_event_trigger", integer(row, "oid"));
    const head = { kind: "event trigger" as const, schema: "", name: text(row, "name"), tableOid: 0 };
    const state = textOrNone(row, "state");
    const made: SchemaObject = { ...head, address, sql: text(row, "sql") };
    return state === undefined
      ? [made]
      : [made, { ...head, needs: [address], sql: `ALTER EVENT TRIGGER ${head.name} ${state}` }];
  });
};
