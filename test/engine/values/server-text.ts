import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";

const SETTINGS = [
  "SET timezone = 'UTC'; SET datestyle = 'ISO'; SET intervalstyle = 'postgres'; SET extra_float_digits = 3",
  "SET bytea_output = 'hex'; SET lc_monetary = 'C'; SET client_encoding = 'UTF8'; SET xmloption = 'content'",
];
/** `PGCOPY\n\xff\r\n\0`, flags, length of the extension. */
const HEADER = Buffer.from("5047434f50590aff0d0a000000000000000000", "hex");
const TRAILER = Buffer.from("ffff", "hex");

/** A session whose COPY goes through files, because the server's own files need no code of ours to be read. */
export interface CopySession extends AsyncDisposable {
  readonly client: pg.Client;
  /** Loads one-column rows from binary fields. */
  load(table: string, fields: readonly Buffer[]): Promise<void>;
  /** The rows of a query as binary and as text row frames, as the server prints both. */
  copy(query: string): Promise<Rows>;
}

/** The same rows twice. */
export interface Rows {
  readonly binary: readonly Buffer[];
  readonly text: readonly Buffer[];
}

export async function copySession(url: string): Promise<CopySession> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  for (const setting of SETTINGS) await client.query(setting);
  // The server may run as another user.
  const directory = await mkdtemp(join(tmpdir(), "lastgood-values-"));
  await chmod(directory, 0o777);
  let files = 0;
  const file = () => join(directory, String(files++));

  return {
    client,
    async load(table, fields) {
      const path = file();
      const rows = fields.map((field) => Buffer.concat([Buffer.from([0, 1]), uint32(field.length), field]));
      await writeFile(path, Buffer.concat([HEADER, ...rows, TRAILER]));
      await client.query(`COPY ${table} FROM '${path}' (FORMAT binary)`);
    },
    async copy(query) {
      const binary = file();
      const text = file();
      await client.query(`COPY (${query}) TO '${binary}' (FORMAT binary)`);
      await client.query(`COPY (${query}) TO '${text}' (FORMAT text)`);
      return { binary: binaryRows(await readFile(binary)), text: textRows(await readFile(text)) };
    },
    async [Symbol.asyncDispose]() {
      await client.end();
      await rm(directory, { recursive: true });
    },
  };
}

export const frame = (payload: Buffer): Buffer =>
  Buffer.concat([Buffer.from("d"), uint32(payload.length + 4), payload]);

function uint32(value: number): Buffer {
  const field = Buffer.alloc(4);
  field.writeUInt32BE(value);
  return field;
}

function binaryRows(copy: Buffer): Buffer[] {
  const rows: Buffer[] = [];
  let at = HEADER.length;
  while (copy.readInt16BE(at) >= 0) {
    const start = at;
    const fields = copy.readInt16BE(at);
    at += 2;
    for (let field = 0; field < fields; field++) at += 4 + Math.max(0, copy.readInt32BE(at));
    rows.push(frame(copy.subarray(start, at)));
  }
  return rows;
}

function textRows(copy: Buffer): Buffer[] {
  const rows: Buffer[] = [];
  for (let at = 0; at < copy.length; ) {
    const end = copy.indexOf("\n", at) + 1;
    rows.push(frame(copy.subarray(at, end)));
    at = end;
  }
  return rows;
}
