/** A small schema with one of each thing that a restore treats in its own way. */
export const SHOP = `
CREATE SCHEMA shop;
CREATE TYPE shop.mood AS ENUM ('good', 'bad');
CREATE DOMAIN shop.email AS text CHECK (VALUE LIKE '%@%');
CREATE FUNCTION shop.touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'fired'; END $$;
CREATE TABLE shop.users (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email shop.email NOT NULL, mood shop.mood DEFAULT 'good',
  name text COLLATE "C", upper_name text GENERATED ALWAYS AS (upper(name)) STORED);
CREATE TABLE shop.orders (
  id bigserial PRIMARY KEY, user_id integer NOT NULL REFERENCES shop.users (id), at timestamptz, doc jsonb, tags text[], price numeric(12, 2));
CREATE INDEX orders_at ON shop.orders (at);
CREATE INDEX orders_doc ON shop.orders USING gin (doc);
CREATE INDEX orders_tags ON shop.orders USING gin (tags);
CREATE TABLE shop.events (day date NOT NULL, id uuid NOT NULL, body text, PRIMARY KEY (day, id)) PARTITION BY RANGE (day);
CREATE TABLE shop.events_old PARTITION OF shop.events FOR VALUES FROM (MINVALUE) TO ('2026-01-01');
CREATE TABLE shop.events_new PARTITION OF shop.events FOR VALUES FROM ('2026-01-01') TO (MAXVALUE);
CREATE TABLE shop.base (id integer PRIMARY KEY, note text);
CREATE TABLE shop.child (extra point) INHERITS (shop.base);
CREATE TABLE shop.keyless (n integer, t text);
CREATE TABLE shop.hollow ();
CREATE TABLE shop."Odd ""name" ("a b" text PRIMARY KEY, "c\\d" xml, z tsquery);
CREATE MATERIALIZED VIEW shop.totals AS SELECT user_id, sum(price) AS total FROM shop.orders GROUP BY user_id;
CREATE UNIQUE INDEX ON shop.totals (user_id);
CREATE TRIGGER touched BEFORE INSERT ON shop.orders FOR EACH ROW EXECUTE FUNCTION shop.touch();
ALTER TABLE shop.orders DISABLE TRIGGER touched;

INSERT INTO shop.users (email, mood, name) SELECT 'u' || i || '@x', CASE WHEN i % 2 = 0 THEN 'bad'::shop.mood END, 'n' || i FROM generate_series(1, 300) i;
INSERT INTO shop.orders (user_id, at, doc, tags, price)
  SELECT 1 + i % 300, '2026-01-01'::timestamptz + i * interval '1 min', jsonb_build_object('i', i, 'pad', repeat(md5(i::text), 4)), ARRAY['a', NULL, i::text], i / 7.0
  FROM generate_series(1, 4000) i;
ALTER TABLE shop.orders ENABLE TRIGGER touched;
INSERT INTO shop.events SELECT '2025-12-01'::date + i % 60, md5(i::text)::uuid, E'tab\\there\\nline \\\\' || i FROM generate_series(1, 500) i;
INSERT INTO shop.base SELECT i, 'base' FROM generate_series(1, 10) i;
INSERT INTO shop.child SELECT i, 'child', point(i, -i) FROM generate_series(1, 10) i;
INSERT INTO shop.keyless SELECT i % 5, NULL FROM generate_series(1, 50) i;
INSERT INTO shop.hollow SELECT FROM generate_series(1, 3);
INSERT INTO shop."Odd ""name" VALUES ('ü', '<a>\\.</a>', 'a & b'), ('', NULL, NULL), ('\\.', NULL, NULL);
REFRESH MATERIALIZED VIEW shop.totals;
`;

/** Text of every table's rows in an order of their own, by SQL alone: shares nothing with the engine. */
export const CONTENT = `
SELECT 'users' AS t, md5(string_agg(x::text, '|' ORDER BY id)) AS rows, count(*)::int AS n FROM shop.users x
UNION ALL SELECT 'orders', md5(string_agg(x::text, '|' ORDER BY id)), count(*) FROM shop.orders x
UNION ALL SELECT 'events', md5(string_agg(tableoid::regclass || x::text, '|' ORDER BY id, day)), count(*) FROM shop.events x
UNION ALL SELECT 'base', md5(string_agg(tableoid::regclass || x::text, '|' ORDER BY x::text, tableoid::regclass::text)), count(*) FROM shop.base x
UNION ALL SELECT 'child', md5(string_agg(x::text, '|' ORDER BY id)), count(*) FROM shop.child x
UNION ALL SELECT 'keyless', md5(string_agg(x::text, '|' ORDER BY x::text)), count(*) FROM shop.keyless x
UNION ALL SELECT 'hollow', '', count(*) FROM shop.hollow x
UNION ALL SELECT 'odd', md5(string_agg(x::text, '|' ORDER BY x::text)), count(*) FROM shop."Odd ""name" x
UNION ALL SELECT 'totals', md5(string_agg(x::text, '|' ORDER BY x::text)), count(*) FROM shop.totals x
UNION ALL SELECT 'sequences', string_agg(format('%s %s', sequencename, last_value), ' ' ORDER BY sequencename), count(*) FROM pg_sequences
UNION ALL SELECT 'indexes', string_agg(indexdef, ' ' ORDER BY indexdef), count(*) FROM pg_indexes WHERE schemaname = 'shop'
UNION ALL SELECT 'constraints', string_agg(conrelid::regclass || pg_get_constraintdef(oid), ' ' ORDER BY conrelid::regclass::text, conname), count(*)
  FROM pg_constraint WHERE connamespace = 'shop'::regnamespace
UNION ALL SELECT 'triggers', string_agg(pg_get_triggerdef(oid), ' '), count(*) FROM pg_trigger WHERE NOT tgisinternal
`;
