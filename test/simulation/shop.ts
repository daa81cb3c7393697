import pg from "pg";

/**
 * A shop of five tables whose every row is a canary: each text key and each text body is a word that was never used before
 * and never will be again, so that whoever opens the vault can tell exactly which rows, in which state, it still holds.
 */
const SCHEMA = `
CREATE SEQUENCE word;
CREATE FUNCTION word(kind text) RETURNS text LANGUAGE sql AS $$ SELECT kind || '-' || lpad(nextval('word')::text, 7, '0') || '-' || lower(kind) $$;

CREATE TABLE customers (id text DEFAULT word('K') PRIMARY KEY, body text NOT NULL DEFAULT word('B'), country char(2) NOT NULL DEFAULT 'DK');
CREATE TABLE invoices (id text DEFAULT word('K') PRIMARY KEY, body text NOT NULL DEFAULT word('B'), total numeric(10, 2) NOT NULL, at timestamptz NOT NULL);
CREATE TABLE products (id text DEFAULT word('K') PRIMARY KEY, body text NOT NULL DEFAULT word('B'), price numeric(10, 2) NOT NULL);
CREATE TABLE orders (id text DEFAULT word('K') PRIMARY KEY, body text NOT NULL DEFAULT word('B'), product text NOT NULL REFERENCES products, at timestamptz NOT NULL);
CREATE TABLE page_views (body text NOT NULL DEFAULT word('B'), at timestamptz NOT NULL);

INSERT INTO customers (country) SELECT 'DK' FROM generate_series(1, 80);
INSERT INTO invoices (total, at) SELECT i, '2027-08-01' FROM generate_series(1, 80) i;
INSERT INTO products (price) SELECT i FROM generate_series(1, 20) i;
INSERT INTO orders (product, at) SELECT (SELECT id FROM products ORDER BY id OFFSET i % 20 LIMIT 1), '2027-08-01' FROM generate_series(1, 100) i;
`;

/** Picks rows by chance that a seed repeats. */
const some = (table: string, count: number, salt: string): string =>
  `SELECT id FROM ${table} ORDER BY md5(id || '${salt}') LIMIT ${count}`;

/** An ordinary hour: rows come, change and go, and the tables stay about as large as they are. */
const traffic = (salt: string, at: string): string => `
INSERT INTO customers (country) SELECT 'SE' FROM generate_series(1, 2);
UPDATE customers SET body = word('B') WHERE id IN (${some("customers", 2, `${salt} moved`)});
DELETE FROM customers WHERE id IN (${some("customers", 2, `${salt} erased`)});
INSERT INTO invoices (total, at) SELECT i, '${at}' FROM generate_series(1, 2) i;
DELETE FROM invoices WHERE id IN (SELECT id FROM invoices ORDER BY at, id LIMIT 2);
UPDATE products SET body = word('B'), price = price + 1 WHERE id IN (${some("products", 1, `${salt} dearer`)});
INSERT INTO orders (product, at) SELECT id, '${at}' FROM (${some("products", 3, `${salt} sold`)}) p;
UPDATE orders SET body = word('B') WHERE id IN (${some("orders", 3, `${salt} sent`)});
DELETE FROM orders WHERE id IN (${some("orders", 3, `${salt} cancelled`)});
DELETE FROM page_views WHERE at < '${at}'::timestamptz - interval '2 days';
INSERT INTO page_views (at) SELECT '${at}' FROM generate_series(1, 8);
`;

/** What a table holds, by the server alone: it shares no code with what captures or restores it. */
export interface SeenTable {
  readonly name: string;
  /** Every word in it. */
  readonly words: readonly string[];
  readonly md5: string;
}

const KEYED = ["customers", "invoices", "orders", "products"];
export const TABLES = [...KEYED, "page_views"];

const SEEN = TABLES.map(
  (name) => `SELECT '${name}' AS name,
    coalesce(array_agg(${KEYED.includes(name) ? "id || ' ' || body" : "body"}), '{}') AS words,
    md5(coalesce(string_agg(t::text, E'\\n' ORDER BY t::text COLLATE "C"), '')) AS md5 FROM ${name} t`,
);

const PIN = "SET timezone = 'UTC'; SET datestyle = 'ISO, MDY'; SET search_path = public";

/** Fails where a table is not there, unless it was not asked for. */
export const lookAtDatabase = async (
  url: string,
  tables: readonly string[] = TABLES,
): Promise<readonly SeenTable[]> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(PIN);
    return await seenBy(client, tables);
  } finally {
    await client.end();
  }
};

const seenBy = async (client: pg.Client, tables: readonly string[]): Promise<readonly SeenTable[]> => {
  const text = SEEN.filter((_, i) => tables.includes(TABLES[i] as string)).join(" UNION ALL ");
  const { rows } = await client.query<SeenTable>(text);
  return rows.map((row) => ({ ...row, words: row.words.flatMap((pair) => pair.split(" ")) }));
};

/** The live database. */
export class Shop {
  readonly url: string;
  readonly #client: pg.Client;
  readonly #salt: string;
  #bursts = 0;

  private constructor(url: string, client: pg.Client, seed: number) {
    this.url = url;
    this.#client = client;
    this.#salt = String(seed);
  }

  static async open(url: string, seed: number): Promise<Shop> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(PIN);
    await client.query(SCHEMA);
    return new Shop(url, client, seed);
  }

  async trade(at: number): Promise<void> {
    this.#bursts += 1;
    await this.#client.query(traffic(`${this.#salt} ${this.#bursts}`, new Date(at).toISOString()));
  }

  /** VACUUM as a server does by itself: without it a year of days leaves more dead rows than live ones. */
  async vacuum(): Promise<void> {
    await this.#client.query("VACUUM ANALYZE");
  }

  look(): Promise<readonly SeenTable[]> {
    return seenBy(this.#client, TABLES);
  }

  /**
   * The instant that is a term after another one, by elapsed time and by the calendar of a zone, whichever is earlier: by
   * PostgreSQL's own calendar, which shares no code with the policy's.
   * @param term  as PostgreSQL's interval: `14 days`
   */
  async endOf(term: string, from: number, timeZone: string): Promise<number> {
    const { rows } = await this.#client.query<{ ends: string }>(
      `SELECT extract(epoch FROM least(
         CASE WHEN $2 ~ 'day|hour' THEN at + $2::interval ELSE 'infinity' END,
         (at AT TIME ZONE $3 + $2::interval) AT TIME ZONE $3)) * 1000 AS ends
       FROM (SELECT to_timestamp($1::numeric / 1000) AS at) t`,
      [from, term, timeZone],
    );
    return Math.round(Number(rows[0]?.ends));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.end();
  }
}
