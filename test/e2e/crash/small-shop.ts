/** Six tables of different kinds, small, but with the cuts of this test each of several pages. */
export const SMALL_SHOP = `
  CREATE TABLE customers (id bigint PRIMARY KEY, name text NOT NULL, note text);
  CREATE TABLE orders (customer bigint, day date, id int GENERATED ALWAYS AS IDENTITY, total numeric,
    PRIMARY KEY (id, customer));
  CREATE TABLE tags (name text PRIMARY KEY, seen timestamptz);
  CREATE TABLE events (at timestamptz, what text);
  CREATE TABLE nothing_yet (id uuid PRIMARY KEY);
  CREATE TABLE left_alone (id int PRIMARY KEY, what text);
  INSERT INTO customers SELECT i, 'customer ' || i, md5(i::text) || md5((i + 7)::text) FROM generate_series(1, 400) i;
  INSERT INTO orders (customer, day, total) SELECT i % 97, date '2026-01-01' + i % 300, i * 1.01 FROM generate_series(1, 500) i;
  INSERT INTO tags SELECT md5(i::text), timestamptz '2026-01-01' + i * interval '1 minute' FROM generate_series(1, 300) i;
  INSERT INTO events SELECT timestamptz '2026-01-01' + i * interval '1 second', md5(i::text) FROM generate_series(1, 300) i;
  INSERT INTO left_alone SELECT i, md5(i::text) FROM generate_series(1, 100) i;
  ANALYZE`;

/** What happens between two captures: every kind of change, a table emptied and filled again, one made, one left alone. */
export const A_DAY_LATER = `
  UPDATE customers SET note = 'changed' WHERE id % 40 = 0;
  DELETE FROM customers WHERE id BETWEEN 100 AND 110;
  INSERT INTO customers SELECT i, 'customer ' || i, md5(i::text) || md5((i * 3)::text) FROM generate_series(401, 450) i;
  UPDATE orders SET customer = customer + 1000 WHERE id % 90 = 1;
  TRUNCATE tags;
  INSERT INTO tags SELECT md5(i::text), now() FROM generate_series(1, 150) i;
  DELETE FROM events WHERE what LIKE 'a%';
  INSERT INTO nothing_yet SELECT md5(i::text)::uuid FROM generate_series(1, 20) i;
  CREATE TABLE invoices (id int PRIMARY KEY, sent boolean);
  INSERT INTO invoices SELECT i, i % 2 = 0 FROM generate_series(1, 50) i`;
