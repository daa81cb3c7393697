import fc from "fast-check";
import pg from "pg";
import { describe, expect, test } from "vitest";
import { KeyReader } from "../../lib/engine/key.ts";
import type { KeyColumn, KeyOrder, RowFormat } from "../../lib/model/table.ts";
import { freshDatabase, postgresMajors, testServer } from "../postgres.ts";
import { bytesHash, hashOf, int8Hash } from "./key-hashes.ts";
import { binaryRow, textRow } from "./synthetic-rows.ts";

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;
const seeds = fc.oneof(fc.bigInt({ min: INT64_MIN, max: INT64_MAX }), fc.constantFrom(0n, 1n, -1n, 2n ** 32n));
const int4s = fc.oneof(fc.integer(), fc.constantFrom(0, -1, 2 ** 31 - 1, -(2 ** 31)));
const int8s = fc.oneof(
  fc.bigInt({ min: INT64_MIN, max: INT64_MAX }),
  fc.constantFrom(0n, -1n, INT64_MAX, INT64_MIN, 2n ** 32n, -(2n ** 32n)),
);
const texts = fc.string({ unit: "binary", maxLength: 60 }).map((text) => text.replaceAll("\0", "0").toWellFormed());

// What a server orders by, beside the field it would send for the same value.
const ORDERS: readonly {
  readonly order: KeyOrder;
  readonly type: string;
  readonly orderBy: string;
  readonly field: string;
  readonly values: readonly string[];
}[] = [
  {
    order: "int2",
    type: "int2",
    orderBy: "v",
    field: "int2send(v)",
    values: ["-32768", "-1", "0", "1", "255", "256", "32767"],
  },
  {
    order: "int4",
    type: "int4",
    orderBy: "v",
    field: "int4send(v)",
    values: fc.sample(int4s, { numRuns: 60, seed: 1 }).map(String),
  },
  {
    order: "int8",
    type: "int8",
    orderBy: "v",
    field: "int8send(v)",
    values: fc.sample(int8s, { numRuns: 60, seed: 2 }).map(String),
  },
  {
    order: "date",
    type: "date",
    orderBy: "v",
    field: "date_send(v)",
    values: [
      "4713-01-01 BC",
      "0001-01-01",
      "1999-12-31",
      "2000-01-01",
      "2000-01-02",
      "2026-11-20",
      "infinity",
      "-infinity",
    ],
  },
  {
    order: "timestamp",
    type: "timestamptz",
    orderBy: "v",
    field: "timestamptz_send(v)",
    values: ["4713-01-02 BC", "1999-12-31 23:59:59.999999", "2000-01-01", "2026-11-20 16:00", "infinity", "-infinity"],
  },
  {
    order: "uuid",
    type: "uuid",
    orderBy: "v",
    field: "uuid_send(v)",
    values: fc.sample(fc.uuid(), { numRuns: 60, seed: 3 }),
  },
  {
    order: "text",
    type: "text",
    orderBy: 'v COLLATE "C"',
    field: "textsend(v)",
    values: ["", "a", "A", "a\u0001", "aa", "b", "é", "\u{1F600}", "z", ...fc.sample(texts, { numRuns: 60, seed: 4 })],
  },
  {
    order: "send",
    type: "numeric",
    orderBy: "numeric_send(v)",
    field: "numeric_send(v)",
    values: ["0", "1", "1.0", "1.00", "-1", "10000", "1e-20", "NaN", "Infinity", "-Infinity", "123456789.000001"],
  },
  {
    order: "output",
    type: "interval",
    orderBy: 'v::text COLLATE "C"',
    field: "textsend(v::text)",
    values: ["1 day", "24:00:00", "1 mon", "-1 mon", "0", "10 years", "00:00:00.000001"],
  },
];

describe.each(postgresMajors.filter((major) => major === 15 || major === 18))("PostgreSQL %i", (major) => {
  const server = testServer(major);
  const withClient = async (work: (client: pg.Client) => Promise<void>): Promise<void> => {
    const client = new pg.Client({ connectionString: await freshDatabase(server) });
    await client.connect();
    try {
      await work(client);
    } finally {
      await client.end();
    }
  };

  test("hashes integers, uuids and texts as we do, for any seed", () =>
    withClient(async (client) => {
      const samples = fc.sample(fc.record({ seed: seeds, int4: int4s, int8: int8s, uuid: fc.uuid(), text: texts }), {
        numRuns: 400,
        seed: major,
      });
      const { rows } = await client.query<Record<"a" | "b" | "c" | "d" | "e", string>>(
        `SELECT hashint4extended(i4, seed) AS a, hashint8extended(i8, seed) AS b, uuid_hash_extended(u, seed) AS c,
                hashtextextended(t COLLATE "C", seed) AS d, hashint2extended((i4 % 32768)::int2, seed) AS e
         FROM unnest($1::int8[], $2::int4[], $3::int8[], $4::uuid[], $5::text[]) WITH ORDINALITY AS s(seed, i4, i8, u, t, n)
         ORDER BY n`,
        [
          samples.map((sample) => String(sample.seed)),
          samples.map((sample) => sample.int4),
          samples.map((sample) => String(sample.int8)),
          samples.map((sample) => sample.uuid),
          samples.map((sample) => sample.text),
        ],
      );
      const ours = samples.map(({ seed, int4, int8, uuid, text }) => ({
        a: String(hashOf(seed, (hash) => hash.int4(int4))),
        b: String(int8Hash(seed, int8)),
        c: String(bytesHash(seed, Buffer.from(uuid.replaceAll("-", ""), "hex"))),
        d: String(bytesHash(seed, Buffer.from(text, "utf8"))),
        e: String(hashOf(seed, (hash) => hash.int4(int4 % 32_768))),
      }));
      expect(rows).toEqual(ours);
      expect(rows).toHaveLength(400);
    }));

  test("the golden hashes of key-hash.test.ts are the server's own", () =>
    withClient(async (client) => {
      const { rows } = await client.query<{ hash: string }>(
        `SELECT hashint4extended(42, 1) AS hash UNION ALL SELECT hashint8extended(-5000000000, -7)
         UNION ALL SELECT uuid_hash_extended('00112233-4455-6677-8899-aabbccddeeff', 1)
         UNION ALL SELECT hashtextextended('lastgood keeps your rows' COLLATE "C", 1)
         UNION ALL SELECT hashtextextended('' COLLATE "C", 9)`,
      );
      expect(rows.map((row) => row.hash)).toEqual([
        "3812564155960986560",
        "-2795203393310445234",
        "-5773200056445161607",
        "-3096704602317756644",
        "-8410588006252129230",
      ]);
    }));

  test.each(ORDERS)(
    "key bytes of order $order rise as the server orders $type",
    ({ order, type, orderBy, field, values }) =>
      withClient(async (client) => {
        const { rows } = await client.query<{ field: Buffer; text: string }>(
          `SELECT ${field} AS field, v::text AS text FROM unnest($1::text[]::${type}[]) v GROUP BY v, ${field}, v::text ORDER BY ${orderBy}`,
          [[...new Set(values)]],
        );
        expect(rows.length).toBeGreaterThan(5);
        const inText = order === "output" || order === "text" || order === "uuid" || order.startsWith("int");
        const inBinary = order !== "output";
        const formats: readonly RowFormat[] = [
          ...(inText ? (["text"] as const) : []),
          ...(inBinary ? (["binary"] as const) : []),
        ];
        const perFormat = formats.map((format) => {
          const key: KeyColumn[] = [{ name: "id", position: 1, order }];
          const reader = new KeyReader(key, format, "1");
          return rows.map((row) => {
            const escaped = row.text.replaceAll(/[\\\t\n\r]/g, (special) => `\\${ESCAPES[special] ?? special}`);
            const frame = format === "text" ? textRow([null, escaped]) : binaryRow([null, row.field]);
            reader.read(frame, 0, frame.length);
            return { key: Buffer.from(reader.bytes.subarray(0, reader.length)), hash: reader.hash.lo };
          });
        });
        for (const read of perFormat) {
          for (let i = 1; i < read.length; i++)
            expect(Buffer.compare((read[i - 1] as Read).key, (read[i] as Read).key)).toBe(-1);
        }
        // Both encodings of a row have one key and one hash.
        for (const read of perFormat) expect(read).toEqual(perFormat[0]);
      }),
  );

  test("keys of two columns rise as the server orders rows, whatever the lengths of the texts", () =>
    withClient(async (client) => {
      const samples = fc.sample(fc.tuple(fc.constantFrom("", "a", "a\u0001", "ab", "b"), int8s), {
        numRuns: 80,
        seed: 5,
      });
      const { rows } = await client.query<{ a: string; b: Buffer }>(
        `SELECT DISTINCT a COLLATE "C" AS a, b AS n, int8send(b) AS b FROM unnest($1::text[], $2::int8[]) AS s(a, b) ORDER BY 1, 2`,
        [samples.map(([a]) => a), samples.map(([, b]) => String(b))],
      );
      const key: KeyColumn[] = [
        { name: "a", position: 1, order: "text" },
        { name: "b", position: 0, order: "int8" },
      ];
      const reader = new KeyReader(key, "binary", "1");
      const keys = rows.map(({ a, b }) => {
        const frame = binaryRow([b, Buffer.from(a, "utf8")]);
        reader.read(frame, 0, frame.length);
        expect(reader.firstColumnLength).toBe(reader.length - 8);
        return Buffer.from(reader.bytes.subarray(0, reader.length));
      });
      expect(keys.length).toBeGreaterThan(30);
      for (let i = 1; i < keys.length; i++) expect(Buffer.compare(keys[i - 1] as Buffer, keys[i] as Buffer)).toBe(-1);
    }));
});

interface Read {
  readonly key: Buffer;
}

const ESCAPES: Readonly<Record<string, string>> = { "\t": "t", "\n": "n", "\r": "r" };
