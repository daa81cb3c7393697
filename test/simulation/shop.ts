import pg from "pg";
import type { BusinessDay } from "../../lib/model/row-age.ts";

/** Of the business: the policy's. */
export const TIME_ZONE = "Europe/Copenhagen";

/**
 * A shop of tables whose every row is a canary: each text key and each text body is a word that was never used before
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
CREATE TABLE events (id text DEFAULT word('K') PRIMARY KEY, body text NOT NULL DEFAULT word('B'), at timestamptz);

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

/**
 * Events of now, of the first and the last microsecond of days gone by, of days that nobody keeps any more, of days to come,
 * and of no day at all; then some change, are given another day, or go.
 */
const events = (salt: string, at: string): string => {
  const midnight = `date_trunc('day', '${at}'::timestamptz, '${TIME_ZONE}')`;
  return `
INSERT INTO events (at) SELECT '${at}' FROM generate_series(1, 3);
INSERT INTO events (at) SELECT ${midnight} - d * interval '1 day' FROM unnest(ARRAY[-2, 0, 3, 9, 12]) d;
INSERT INTO events (at) SELECT ${midnight} - d * interval '1 day' - interval '1 microsecond' FROM unnest(ARRAY[-1, 0, 9]) d;
INSERT INTO events (at) VALUES (NULL), ('infinity');
UPDATE events SET body = word('B') WHERE id IN (${some("events", 3, `${salt} changed`)});
UPDATE events SET at = at - interval '2 days' WHERE id IN (${some("events", 2, `${salt} was earlier`)});
UPDATE events SET at = at + interval '3 days' WHERE id IN (${some("events", 2, `${salt} was later`)});
UPDATE events SET at = '${at}' WHERE id IN (SELECT id FROM (${some("events", 40, `${salt} has a day`)}) e JOIN events USING (id) WHERE at IS NULL OR at = 'infinity');
UPDATE events SET id = word('K') WHERE id IN (${some("events", 1, `${salt} renamed`)});
DELETE FROM events WHERE id IN (${some("events", 5, `${salt} erased`)});
DELETE FROM events WHERE at < '${at}'::timestamptz - interval '14 days' OR ctid = ANY (ARRAY(SELECT ctid FROM events WHERE at IS NULL OR at > '${at}'::timestamptz + interval '5 days' ORDER BY id DESC OFFSET 20));
`;
};

/** What a table holds, by the server alone: it shares no code with what captures or restores it. */
export interface SeenTable {
  readonly name: string;
  /** Every word in it. */
  readonly words: readonly string[];
  readonly md5: string;
}

/** A row of the table whose rows leave by their age, as text. */
export interface SeenEvent {
  /** Business date; null of a row without one. */
  readonly day: string | null;
  readonly row: string;
  readonly words: readonly string[];
}

const EVENTS = `SELECT (at AT TIME ZONE '${TIME_ZONE}')::date::text AS day, t::text AS row, ARRAY[id, body] AS words
  FROM events t ORDER BY t::text COLLATE "C"`;

const KEYED = ["customers", "invoices", "orders", "products"];
export const TABLES = [...KEYED, "page_views"];

const SEEN = TABLES.map(
  (name) => `SELECT '${name}' AS name,
    coalesce(array_agg(${KEYED.includes(name) ? "id || ' ' || body" : "body"}), '{}') AS words,
    md5(coalesce(string_agg(t::text, E'\\n' ORDER BY t::text COLLATE "C"), '')) AS md5 FROM ${name} t`,
);

const PIN = "SET timezone = 'UTC'; SET datestyle = 'ISO, MDY'; SET search_path = public";

/** Fails where a table is not there, unless it was not asked for. */
export const lookAtDatabase = (url: string, tables: readonly string[] = TABLES): Promise<readonly SeenTable[]> =>
  looking(url, (client) => seenBy(client, tables));

/** Every event that a database holds, in an order of its own. */
export const lookAtEvents = (url: string): Promise<readonly SeenEvent[]> => looking(url, seenEvents);

const looking = async <T>(url: string, look: (client: pg.Client) => Promise<T>): Promise<T> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(PIN);
    return await look(client);
  } finally {
    await client.end();
  }
};

const seenEvents = async (client: pg.Client): Promise<readonly SeenEvent[]> =>
  (await client.query<SeenEvent>(EVENTS)).rows;

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
    const [salt, now] = [`${this.#salt} ${this.#bursts}`, new Date(at).toISOString()];
    await this.#client.query(`${traffic(salt, now)}${events(salt, now)}`);
  }

  /** VACUUM as a server does by itself: without it a year of days leaves more dead rows than live ones. */
  async vacuum(): Promise<void> {
    await this.#client.query("VACUUM ANALYZE");
  }

  look(): Promise<readonly SeenTable[]> {
    return seenBy(this.#client, TABLES);
  }

  lookAtEvents(): Promise<readonly SeenEvent[]> {
    return seenEvents(this.#client);
  }

  /** Some days up to the one after an instant, and when they begin: by PostgreSQL's own calendar. */
  async daysBefore(at: number): Promise<readonly BusinessDay[]> {
    const { rows } = await this.#client.query<{ day: string; starts: string }>(
      `SELECT day::date::text AS day, extract(epoch FROM day AT TIME ZONE $2) * 1000 AS starts
       FROM (SELECT (to_timestamp($1::numeric / 1000) AT TIME ZONE $2)::date AS today) t,
         generate_series((today - 15)::timestamp, (today + 1)::timestamp, '1 day') day ORDER BY 1`,
      [at, TIME_ZONE],
    );
    return rows.map(({ day, starts }) => ({ day, startsAt: Math.round(Number(starts)) }));
  }

  /**
   * The instant that is a term after another one, by elapsed time and by the calendar of a zone, whichever is earlier: by
   * PostgreSQL's own calendar, which shares no code with the policy's.
   * @param term  as PostgreSQL's interval: `14 days`
   */
  async endOf(term: string, from: number): Promise<number> {
    const { rows } = await this.#client.query<{ ends: string }>(
      `SELECT extract(epoch FROM least(
         CASE WHEN $2 ~ 'day|hour' THEN at + $2::interval ELSE 'infinity' END,
         (at AT TIME ZONE $3 + $2::interval) AT TIME ZONE $3)) * 1000 AS ends
       FROM (SELECT to_timestamp($1::numeric / 1000) AS at) t`,
      [from, term, TIME_ZONE],
    );
    return Math.round(Number(rows[0]?.ends));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.end();
  }
}
