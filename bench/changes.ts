import { spawn } from "node:child_process";
import { once } from "node:events";
import { pipeline } from "node:stream/promises";
import { constants, createZstdCompress } from "node:zlib";
import { insertRows, PHRASE_POOL } from "./dataset.ts";
import { findProgram } from "./peers/installed.ts";
import { sqlEach } from "./sql.ts";
import { LARGE_TABLES } from "./tables.ts";

export interface Change {
  readonly name: string;
  /** The statements of one transaction. @param round  from 0; each round changes other rows */
  readonly statements: (round: number, rows: Readonly<Record<string, number>>) => readonly string[];
}

// A hash of the key picks rows: scattered over heap and key order alike, and different ones every round.
const SHARE = 100;
const picked = (key: string, round: number, share = SHARE) =>
  `abs(hashtextextended(${key}::text, 7) % ${share}) = ${(round * 7 + 3) % share}`;

const scattered = (round: number): readonly string[] =>
  LARGE_TABLES.map(({ name, key, change }) => `UPDATE ${name} SET ${change} WHERE ${picked(key, round)}`);

const clustered = (round: number): readonly string[] =>
  LARGE_TABLES.map(
    ({ name, change }) =>
      // Blocks of the heap as it was loaded, from the middle on; updated rows move to its end.
      `UPDATE ${name} SET ${change} WHERE ctid >= format('(%s,0)', ${block(name, 50 + round)})::tid
         AND ctid < format('(%s,0)', ${block(name, 51 + round)})::tid`,
  );

const block = (table: string, percent: number) =>
  `(SELECT (relpages::bigint * ${percent} / ${SHARE}) FROM pg_class WHERE oid = '${table}'::regclass)`;

/** 1 % of the rows each, in one transaction, and what a table may have besides: appended rows and deletes. */
export const CHANGES: readonly Change[] = [
  { name: "no change", statements: () => [] },
  { name: "1 % changed, clustered", statements: clustered },
  { name: "1 % changed, scattered", statements: scattered },
  {
    name: "1 % appended",
    statements: (round, rows) => [
      ...PHRASE_POOL,
      ...LARGE_TABLES.map((table) => {
        const there = rows[table.name] ?? 0;
        const more = Math.round(there / SHARE);
        return insertRows(table, there + round * more + 1, there + (round + 1) * more);
      }),
      "DROP TABLE phrases",
      "DROP FUNCTION word",
    ],
  },
  {
    name: "1 % changed and 0.14 % deleted, scattered",
    statements: (round) => [
      ...scattered(round + 50),
      ...LARGE_TABLES.map(({ name, key }) => `DELETE FROM ${name} WHERE ${picked(key, round, 700)}`),
    ],
  },
];

/** Makes a change in one transaction. @returns its id, which the rows it made carry as xmin */
export const apply = async (url: string, statements: readonly string[]): Promise<string> => {
  const results = await sqlEach(url, [
    "SET enable_mergejoin = off",
    "SET enable_nestloop = off",
    "BEGIN",
    "SELECT pg_current_xact_id()::xid::text AS xid",
    ...statements,
    "COMMIT",
  ]);
  const [row] = results[3] as { xid: string }[];
  if (row === undefined) throw new Error("the server told no transaction id");
  return row.xid;
};

/**
 * Bytes of the rows that a transaction wrote, as COPY binary through zstd level 1: the least that any tool without
 * knowledge of the rows before could store. Undefined without psql.
 */
export const changedBytesOf = async (url: string, xid: string, binaries: string): Promise<number | undefined> => {
  const psql = findProgram("psql", binaries);
  if (psql === undefined) return undefined;
  let bytes = 0;
  for (const { name } of LARGE_TABLES) {
    const copy = `COPY (SELECT * FROM ${name} WHERE xmin = '${xid}'::xid) TO STDOUT (FORMAT binary)`;
    const child = spawn(psql, ["--no-psqlrc", "--quiet", "--command", copy, url], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const zstd = createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: 1 } });
    zstd.on("data", (piece: Buffer) => {
      bytes += piece.length;
    });
    await Promise.all([pipeline(child.stdout, zstd), once(child, "close")]);
    if (child.exitCode !== 0) throw new Error(`psql ended with ${child.exitCode} copying the changed rows of ${name}`);
  }
  return bytes;
};
