import pg from "pg";
import { layerSource } from "../../../lib/engine/layers.ts";
import { readTable } from "../../../lib/engine/read-table.ts";
import type { Vault } from "../../../lib/engine/vault.ts";
import { lookAtPoint } from "../../../lib/operations/points.ts";
import { copyIn } from "../../../lib/postgres/copy-in.ts";
import { Session } from "../../../lib/postgres/session.ts";
import { query } from "../../postgres.ts";
import { sliceName } from "./ageing.ts";
import { type SeenState, witness } from "./witness.ts";

/**
 * Rebuilds a point's tables in a database of their own on the given server, and lets the witness look at them: slices of a
 * table by their age are tables of their own there. The
 * database is used again: making and dropping one costs a checkpoint each time.
 */
export const rebuiltState = async (vault: Vault, pointId: string, server: string): Promise<SeenState> => {
  const url = new URL(server);
  url.pathname = "/rebuilt";
  const made = await query(server, "SELECT FROM pg_database WHERE datname = 'rebuilt'");
  if (made.length === 0) await query(server, "CREATE DATABASE rebuilt");
  await query(url.href, "DROP SCHEMA IF EXISTS public CASCADE; CREATE SCHEMA public");
  await rebuild(vault, pointId, url.href);
  const seen = await witness(url.href);
  if (seen === undefined) throw new TypeError("nobody else writes to a rebuilt database");
  return seen;
};

const rebuild = async (vault: Vault, pointId: string, url: string): Promise<void> => {
  const { parts } = await lookAtPoint(vault, pointId);
  await using session = await Session.open(url, { readOnly: false });
  for (const statement of parts[0]?.schema.statements ?? [])
    if (statement.section === "pre") await session.query(statement.sql, [], statement.name);
  const divided = new Set<string>();
  for (const part of parts) {
    const { namingSecret } = await vault.classSecret(part.class);
    for (const table of part.tables) {
      const { schema, name, columns, format, slice } = table.facts;
      const whole = named(schema, name);
      const target = slice === undefined ? whole : named(schema, sliceName(name, slice.day));
      if (slice !== undefined) {
        divided.add(whole);
        await session.query(`CREATE TABLE ${target} (LIKE ${whole} INCLUDING GENERATED)`);
      }
      const list = columns.map((column) => pg.escapeIdentifier(column.name)).join(", ");
      const sql = `COPY ${target} (${list}) FROM STDIN (FORMAT ${format})`;
      const source = layerSource(vault.hot, namingSecret, part.class, table);
      const rows = await copyIn(session, { sql, format, doing: `loading ${name}` }, readTable(source, table));
      if (rows !== table.rows) throw new Error(`${target}: ${rows} rows, its record says ${table.rows}`);
    }
  }
  for (const table of divided) await session.query(`DROP TABLE ${table}`);
};

const named = (schema: string, name: string): string => `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`;
