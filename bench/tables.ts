/** A table of the data set that grows with --size, and the expressions that make its rows from a row number `i`. */
export interface LargeTable {
  readonly name: string;
  readonly key: string;
  /** Rows at 2.73 GB. */
  readonly rowsAtScaleOne: number;
  readonly create: string;
  /** Statements after the load: what an application would have. */
  readonly after: readonly string[];
  /** Select list over `i`; a, b, c are rows of the pool of phrases, r is i's random number. */
  readonly columns: string;
  /** What a change of a row sets. */
  readonly change: string;
}

/** Wide rows with an integer key, wide rows with a random uuid key, narrow rows: what captures differ most by. */
export const LARGE_TABLES: readonly LargeTable[] = [
  {
    name: "orders",
    key: "id",
    rowsAtScaleOne: 2_500_000,
    create: `CREATE TABLE orders (id bigint NOT NULL, customer bigint NOT NULL, status text NOT NULL,
      placed_at timestamptz NOT NULL, shipped_at timestamptz, total numeric(12,2) NOT NULL, tax numeric(12,2) NOT NULL,
      currency char(3) NOT NULL, reference text NOT NULL, address text NOT NULL, lines jsonb NOT NULL, note text)`,
    after: ["ALTER TABLE orders ADD PRIMARY KEY (id)", "CREATE INDEX orders_customer ON orders (customer)"],
    columns: `i, (r & 1048575), (array['new','paid','packed','shipped','delivered','returned'])[1 + (r >> 20 & 7) % 6],
      timestamptz '2024-01-01Z' + i * interval '19.37 s', timestamptz '2024-01-01Z' + (i + (r & 8191)) * interval '19.37 s',
      ((r >> 8) & 262143) / 100.0, ((r >> 10) & 65535) / 100.0, (array['EUR','USD','GBP','CHF'])[1 + (r >> 3 & 3)],
      md5(r::text), a.phrase || ' ' || (r >> 5 & 255) || ', ' || 10000 + (r >> 13 & 65535) || ' ' || c.phrase,
      jsonb_build_object('sku', 'SKU-' || (r >> 12 & 1048575), 'qty', r >> 7 & 7, 'price', round((r >> 24 & 65535) / 100.0, 2),
        'title', b.phrase, 'gift', (r & 16) = 0, 'coupon', to_hex(r >> 33),
        'maker', a.phrase),
      CASE WHEN (r & 3) = 0 THEN c.phrase END`,
    change: "status = 'corrected', total = total + 1",
  },
  {
    name: "users",
    key: "id",
    rowsAtScaleOne: 1_500_000,
    create: `CREATE TABLE users (id uuid NOT NULL, email text NOT NULL, name text NOT NULL, created_at timestamptz NOT NULL,
      seen_at timestamptz, locale text NOT NULL, password_hash bytea NOT NULL, about text NOT NULL, settings jsonb NOT NULL)`,
    after: ["ALTER TABLE users ADD PRIMARY KEY (id)", "CREATE INDEX users_email ON users (email)"],
    columns: `md5('user ' || i)::uuid, 'user' || to_hex(r & 68719476735) || '@example.org', a.phrase,
      timestamptz '2020-01-01Z' + i * interval '97.1 s', timestamptz '2026-01-01Z' + (r & 16777215) * interval '1 s',
      (array['en','de','fr','it','es'])[1 + (r & 7) % 5], decode(md5(r::text), 'hex'),
      b.phrase || ', ' || c.phrase || ' ' || (r >> 9 & 65535) || ', ' || a.phrase || ' ' || to_hex(r >> 21) || ' ' || b.phrase,
      jsonb_build_object('theme', r & 3, 'mails', (r & 64) = 0, 'token', to_hex(r), 'zone', (r >> 6 & 31) - 12,
        'tags', jsonb_build_array(r >> 11 & 127, r >> 18 & 127, r >> 25 & 127), 'motto', c.phrase,
        'seen', (r >> 8 & 1048575))`,
    change: "name = name || '.', seen_at = seen_at + interval '1 day'",
  },
  {
    name: "accounts",
    key: "id",
    rowsAtScaleOne: 10_000_000,
    create: `CREATE TABLE accounts (id integer NOT NULL, branch integer NOT NULL, balance integer NOT NULL,
      limits integer NOT NULL, opened date NOT NULL, iban text NOT NULL, holder text NOT NULL)`,
    after: ["ALTER TABLE accounts ADD PRIMARY KEY (id)"],
    columns: `i::int, (r & 1023)::int, (r >> 10 & 1048575)::int, (r >> 30 & 255)::int * 1000,
      date '2015-01-01' + (r >> 40 & 4095)::int, 'DE' || lpad((r >> 4 & 1099511627775)::text, 18, '0'), a.phrase || ' ' || (r >> 17 & 65535)`,
    change: "balance = balance + 1",
  },
];

/** A handful of tables that are small in every database; one of them has no primary key. */
export const SMALL_TABLES: readonly string[] = [
  "CREATE TABLE countries (code char(2) PRIMARY KEY, name text NOT NULL)",
  "INSERT INTO countries SELECT chr(65 + i / 26) || chr(65 + i % 26), 'Country ' || i FROM generate_series(0, 248) i",
  "CREATE TABLE currencies (code char(3) PRIMARY KEY, name text NOT NULL)",
  "INSERT INTO currencies SELECT unnest(array['EUR','USD','GBP','CHF']), 'a currency'",
  "CREATE TABLE rates (currency char(3) REFERENCES currencies, day date, rate numeric(12,6) NOT NULL, PRIMARY KEY (currency, day))",
  `INSERT INTO rates SELECT code, date '2023-01-01' + d, 1 + (hashint4(d) & 4095) / 10000.0
     FROM currencies, generate_series(0, 1200) d`,
  "CREATE TABLE categories (id integer PRIMARY KEY, parent integer REFERENCES categories, name text NOT NULL)",
  "INSERT INTO categories SELECT i, NULLIF(i / 10, 0), 'Category ' || i FROM generate_series(1, 500) i",
  "CREATE TABLE visits (at timestamptz NOT NULL, page text NOT NULL)",
  "INSERT INTO visits SELECT timestamptz '2026-01-01Z' + i * interval '1 min', '/p/' || i % 97 FROM generate_series(1, 2000) i",
];
