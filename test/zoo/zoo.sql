-- A zoo of schema objects: at least one of every kind that a point holds, and the traps met while building schema capture.
-- Loads on PostgreSQL 15 to 18 as superuser, in one transaction, without any language but sql and plpgsql. Ends with rows.

DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'zoo_reader') THEN CREATE ROLE zoo_reader; END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'Zoo "Writer"') THEN CREATE ROLE "Zoo ""Writer"""; END IF;
END $$;

-- Schemas and names that need quoting.
CREATE SCHEMA zoo;
CREATE SCHEMA "Größe & ""Preis""";
CREATE SCHEMA "select";
CREATE SCHEMA ext;
COMMENT ON SCHEMA zoo IS 'it''s a zoo \ with a backslash';

-- Extensions: in a schema of their own, in the default one; their types and operator classes are used below.
CREATE EXTENSION citext WITH SCHEMA ext;
CREATE EXTENSION hstore WITH SCHEMA ext;
CREATE EXTENSION btree_gist WITH SCHEMA ext;
CREATE EXTENSION ltree;
CREATE EXTENSION pg_trgm WITH SCHEMA ext;
COMMENT ON EXTENSION ltree IS 'our own words about ltree';

-- Collations: ICU that is not deterministic, and libc.
CREATE COLLATION zoo.ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE COLLATION zoo.bytes (locale = 'C');

-- Types: enum (one empty, one with odd labels and labels added in the middle), composite, range with options, nested.
CREATE TYPE zoo.mood AS ENUM ('sad', 'so-so', 'ok', 'it''s fine');
ALTER TYPE zoo.mood ADD VALUE 'not yet used' BEFORE 'ok';
CREATE TYPE zoo.nothing AS ENUM ();
CREATE TYPE "Größe & ""Preis"""."Farbe" AS ENUM ('rot', 'Grün', 'мир');
CREATE TYPE zoo.address AS (street text COLLATE "C", "Post code" varchar(10), town zoo.mood);
CREATE TYPE zoo.person AS (name text, home zoo.address, moods zoo.mood[]);
CREATE FUNCTION zoo.float_diff(double precision, double precision) RETURNS double precision
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT $1 - $2';
CREATE TYPE zoo.floats AS RANGE (subtype = double precision, subtype_diff = zoo.float_diff, multirange_type_name = zoo.many_floats);
CREATE TYPE zoo.names AS RANGE (subtype = text, collation = "C", subtype_opclass = text_pattern_ops);
COMMENT ON TYPE zoo.address IS 'a place';
COMMENT ON COLUMN zoo.address."Post code" IS 'not a number';
COMMENT ON TYPE zoo.mood IS 'an enum';

-- Domains: with default, several checks, not null, collation, over a domain, over an array; a check NOT VALID; and one
-- whose check calls a function of the domain itself, a cycle.
CREATE DOMAIN zoo.positive AS integer DEFAULT 1 CONSTRAINT is_positive CHECK (VALUE > 0) CONSTRAINT "not 13" CHECK (VALUE <> 13);
CREATE DOMAIN zoo.small AS zoo.positive CHECK (VALUE < 100);
CREATE DOMAIN zoo.code AS varchar(8) COLLATE "C" NOT NULL;
CREATE DOMAIN zoo.tags AS text[] CHECK (array_length(VALUE, 1) < 10);
CREATE DOMAIN zoo.email AS ext.citext CHECK (VALUE ~ '@');
CREATE DOMAIN zoo.later AS text;
ALTER DOMAIN zoo.later ADD CONSTRAINT checked_later CHECK (VALUE <> 'never') NOT VALID;
CREATE DOMAIN zoo.even AS integer;
CREATE FUNCTION zoo.is_even(zoo.even) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1::integer % 2 = 0';
ALTER DOMAIN zoo.even ADD CONSTRAINT even CHECK (zoo.is_even(VALUE));
COMMENT ON DOMAIN zoo.positive IS 'more than nothing';
COMMENT ON CONSTRAINT is_positive ON DOMAIN zoo.positive IS 'zero is nothing';

-- Sequences of every sort.
CREATE SEQUENCE zoo.plain_seq;
CREATE SEQUENCE zoo.down_seq AS smallint INCREMENT -3 MINVALUE -300 MAXVALUE 9 START 9 CACHE 7 CYCLE;
CREATE UNLOGGED SEQUENCE zoo.unlogged_seq START 5;
CREATE SEQUENCE zoo."Odd Seq""uence" MAXVALUE 9223372036854775807;
COMMENT ON SEQUENCE zoo.plain_seq IS 'counts';

-- Routines: overloads, defaults, out and table arguments, variadic, polymorphic, set options, security definer, window,
-- procedures, BEGIN ATOMIC, quotes in bodies.
CREATE FUNCTION zoo.add(a integer, b integer DEFAULT 1) RETURNS integer LANGUAGE sql IMMUTABLE STRICT LEAKPROOF COST 3 AS 'SELECT a + b';
CREATE FUNCTION zoo.add(a text, VARIADIC rest text[]) RETURNS text LANGUAGE sql IMMUTABLE AS $$SELECT a || array_to_string(rest, '')$$;
CREATE FUNCTION zoo.touch() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  -- $$ and 'quotes' and \ backslashes survive
  RETURN NEW;
END
$body$;
CREATE FUNCTION zoo.pair(OUT lo integer, OUT hi integer) LANGUAGE sql AS 'SELECT 1, 2';
CREATE FUNCTION zoo.numbers(upto integer) RETURNS TABLE (n integer, twice bigint) LANGUAGE sql ROWS 42
  SECURITY DEFINER SET search_path TO 'zoo', 'pg_temp' SET work_mem TO '8MB' AS 'SELECT i, i * 2::bigint FROM generate_series(1, upto) i';
CREATE FUNCTION zoo.first_of(anyarray) RETURNS anyelement LANGUAGE sql IMMUTABLE PARALLEL RESTRICTED AS 'SELECT $1[1]';
CREATE FUNCTION zoo."Odd ""Function"""("Arg One" integer) RETURNS integer LANGUAGE sql RETURN "Arg One" + 1;
CREATE PROCEDURE zoo.noop(INOUT a integer) LANGUAGE plpgsql AS 'BEGIN a := a + 1; END';
COMMENT ON FUNCTION zoo.add(integer, integer) IS 'adds';
COMMENT ON PROCEDURE zoo.noop(integer) IS 'adds too';

-- Aggregates, operators with a commutator and a negator, casts.
CREATE AGGREGATE zoo.total(integer) (SFUNC = int4pl, STYPE = integer, INITCOND = '0', COMBINEFUNC = int4pl, PARALLEL = SAFE,
  MSFUNC = int4pl, MINVFUNC = int4mi, MSTYPE = integer, MINITCOND = '0');
CREATE AGGREGATE zoo.biggest(double precision) (SFUNC = float8larger, STYPE = double precision, SORTOP = >);
CREATE AGGREGATE zoo.middle(double precision ORDER BY anyelement) (SFUNC = ordered_set_transition, STYPE = internal,
  FINALFUNC = percentile_disc_final, FINALFUNC_EXTRA);
COMMENT ON AGGREGATE zoo.total(integer) IS 'sums';
COMMENT ON AGGREGATE zoo.middle(double precision ORDER BY anyelement) IS 'in order';
CREATE FUNCTION zoo.same(zoo.address, zoo.address) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1.street = $2.street';
CREATE FUNCTION zoo.not_same(zoo.address, zoo.address) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1.street <> $2.street';
CREATE OPERATOR zoo.=== (FUNCTION = zoo.same, LEFTARG = zoo.address, RIGHTARG = zoo.address, COMMUTATOR = OPERATOR(zoo.===),
  NEGATOR = OPERATOR(zoo.!==), RESTRICT = eqsel, JOIN = eqjoinsel);
CREATE OPERATOR zoo.!== (FUNCTION = zoo.not_same, LEFTARG = zoo.address, RIGHTARG = zoo.address, NEGATOR = OPERATOR(zoo.===));
CREATE FUNCTION zoo.to_text(zoo.address) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT $1.street';
CREATE CAST (zoo.address AS text) WITH FUNCTION zoo.to_text(zoo.address) AS ASSIGNMENT;
CREATE CAST (zoo.mood AS varchar) WITH INOUT;
COMMENT ON OPERATOR zoo.=== (zoo.address, zoo.address) IS 'same street';
COMMENT ON CAST (zoo.address AS text) IS 'loses the town';

-- Text search.
CREATE TEXT SEARCH DICTIONARY zoo.german_stem (TEMPLATE = snowball, language = german, stopwords = 'german');
CREATE TEXT SEARCH CONFIGURATION zoo.german (COPY = pg_catalog.german);
ALTER TEXT SEARCH CONFIGURATION zoo.german ALTER MAPPING FOR asciiword, word WITH zoo.german_stem, simple;
COMMENT ON TEXT SEARCH CONFIGURATION zoo.german IS 'stems';

-- Tables. A keyed one with every sort of column, options of columns and of storage.
CREATE TABLE zoo.animals (
  id bigint GENERATED ALWAYS AS IDENTITY (START 100 INCREMENT 5) PRIMARY KEY,
  name text COLLATE "C" NOT NULL,
  nick ext.citext,
  mood zoo.mood DEFAULT 'ok'::zoo.mood NOT NULL,
  home zoo.address,
  tags zoo.tags DEFAULT '{}'::text[],
  attributes ext.hstore DEFAULT ''::ext.hstore,
  path public.ltree,
  born date DEFAULT '2000-01-01',
  legs zoo.small,
  weight numeric(8, 3) DEFAULT 1.5 CHECK (weight > 0),
  price integer NOT NULL DEFAULT zoo.add(1, 2),
  doubled integer GENERATED ALWAYS AS (price * 2) STORED,
  words tsvector GENERATED ALWAYS AS (to_tsvector('zoo.german'::regconfig, name)) STORED,
  serial_no integer DEFAULT nextval('zoo.plain_seq'::regclass),
  picture bytea,
  gone text,
  temperature zoo.floats,
  "Odd ""Column"" ü" varchar(20) COLLATE zoo.ci DEFAULT 'it''s',
  CONSTRAINT "both ""set""" CHECK (name <> '' AND price > 0),
  CONSTRAINT kept_here CHECK (legs IS NULL OR legs < 50) NO INHERIT
) WITH (fillfactor = 70, autovacuum_enabled = off, toast.autovacuum_vacuum_scale_factor = 0.2);
ALTER TABLE zoo.animals DROP COLUMN gone;
ALTER TABLE zoo.animals ALTER COLUMN picture SET STORAGE EXTERNAL;
ALTER TABLE zoo.animals ALTER COLUMN name SET COMPRESSION pglz;
ALTER TABLE zoo.animals ALTER COLUMN name SET STATISTICS 500;
ALTER TABLE zoo.animals ALTER COLUMN mood SET (n_distinct = 4, n_distinct_inherited = -0.5);
ALTER TABLE zoo.animals ADD CONSTRAINT cheap CHECK (price < 1000000) NOT VALID;
ALTER TABLE zoo.animals ADD CONSTRAINT one_name UNIQUE (name, born) INCLUDE (price) WITH (fillfactor = 60) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE zoo.animals ADD CONSTRAINT one_nick UNIQUE NULLS NOT DISTINCT (nick);
COMMENT ON TABLE zoo.animals IS E'line one\nline two';
COMMENT ON COLUMN zoo.animals."Odd ""Column"" ü" IS 'odd';
COMMENT ON CONSTRAINT "both ""set""" ON zoo.animals IS 'a check';
COMMENT ON CONSTRAINT animals_pkey ON zoo.animals IS 'the key';

-- Serial (an owned sequence), an inherited default that differs, several parents, a child that adds and merges columns.
CREATE TABLE zoo.things (id serial PRIMARY KEY, kind text DEFAULT 'thing' NOT NULL, made timestamptz DEFAULT now(), CONSTRAINT has_kind CHECK (kind <> ''));
CREATE TABLE zoo.priced (kind text DEFAULT 'thing', price money);
CREATE TABLE zoo.tools (handle text, kind text DEFAULT 'tool') INHERITS (zoo.things, zoo.priced);
CREATE TABLE zoo.machines (watts integer) INHERITS (zoo.things);
ALTER TABLE ONLY zoo.machines ALTER COLUMN kind SET DEFAULT 'machine';
ALTER TABLE ONLY zoo.machines ALTER COLUMN made DROP DEFAULT;
ALTER TABLE zoo.machines ALTER COLUMN made SET NOT NULL;
ALTER TABLE zoo.things ADD CONSTRAINT recent CHECK (made > '1900-01-01'::timestamptz) NOT VALID;
CREATE UNLOGGED TABLE zoo.scratch (id integer GENERATED BY DEFAULT AS IDENTITY, note text);
CREATE TABLE zoo.homes OF zoo.address (PRIMARY KEY (street), town WITH OPTIONS DEFAULT 'ok' NOT NULL);
CREATE TABLE zoo.no_columns ();
CREATE TABLE zoo.no_key (a integer, b text);
CREATE TABLE "Größe & ""Preis"""."Täble ""quoted"" with space" (
  "Key" "Größe & ""Preis"""."Farbe" PRIMARY KEY, "select" integer, "with.dot" text, "😀" text);
CREATE TABLE "select"."table" ("column" integer PRIMARY KEY, "from" text DEFAULT 'where');
COMMENT ON TABLE "select"."table" IS 'keywords';

CREATE TABLE zoo.redeclared (kind text NOT NULL DEFAULT 'again', id integer NOT NULL, own text) INHERITS (zoo.things);
CREATE TABLE zoo.grandchild (CONSTRAINT has_kind CHECK (kind <> ''), deep integer) INHERITS (zoo.machines);
CREATE TABLE zoo.joined_later (extra text, id integer NOT NULL, kind text NOT NULL, made timestamptz, CONSTRAINT has_kind CHECK (kind <> ''), CONSTRAINT recent CHECK (made > '1900-01-01'::timestamptz));
ALTER TABLE zoo.joined_later INHERIT zoo.things;
CREATE SEQUENCE zoo.shared_seq OWNED BY zoo.things.made;
CREATE TABLE zoo.uses_shared (a bigint DEFAULT nextval('zoo.shared_seq'), b "char" DEFAULT 'x', c time(3) with time zone, d interval hour to second(2), e bit(3)[], f "Größe & ""Preis"""."Farbe"[] DEFAULT '{rot}');

-- Partitions: list of ranges of hash, a default, another column order, own default, own index and trigger state.
CREATE TABLE zoo.events (
  id bigint GENERATED BY DEFAULT AS IDENTITY, at timestamptz NOT NULL, region text NOT NULL DEFAULT 'eu', payload jsonb,
  CONSTRAINT has_region CHECK (region <> ''), PRIMARY KEY (id, region, at)
) PARTITION BY LIST (region);
CREATE TABLE zoo.events_eu PARTITION OF zoo.events FOR VALUES IN ('eu', 'uk') PARTITION BY RANGE (at);
CREATE TABLE zoo.events_eu_2025 PARTITION OF zoo.events_eu FOR VALUES FROM (MINVALUE) TO ('2026-01-01 00:00:00+00');
CREATE TABLE zoo.events_eu_2026 PARTITION OF zoo.events_eu FOR VALUES FROM ('2026-01-01 00:00:00+00') TO ('2027-01-01 00:00:00+00')
  WITH (fillfactor = 90);
CREATE TABLE zoo.events_us (payload jsonb DEFAULT '{"own": true}', region text NOT NULL, junk integer,
  at timestamptz NOT NULL, id bigint NOT NULL, CONSTRAINT has_region CHECK (region <> ''), CONSTRAINT own_check CHECK (id > 0));
ALTER TABLE zoo.events_us DROP COLUMN junk;
ALTER TABLE zoo.events ATTACH PARTITION zoo.events_us FOR VALUES IN ('us');
CREATE TABLE zoo.events_rest PARTITION OF zoo.events DEFAULT PARTITION BY HASH (id);
CREATE TABLE zoo.events_rest_0 PARTITION OF zoo.events_rest FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE zoo.events_rest_1 PARTITION OF zoo.events_rest FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE zoo.by_expression (a integer, b text) PARTITION BY RANGE (zoo.add(a, 1), lower(b) COLLATE "C");
CREATE TABLE zoo.by_expression_1 PARTITION OF zoo.by_expression FOR VALUES FROM (1, MINVALUE) TO (10, MAXVALUE);
CREATE INDEX events_at ON zoo.events (at DESC NULLS LAST) INCLUDE (region);
CREATE INDEX events_payload ON zoo.events USING gin (payload jsonb_path_ops) WHERE region <> 'none';
CREATE INDEX events_us_own ON zoo.events_us (id) WITH (fillfactor = 50);
ALTER INDEX zoo.events_us_at_region_idx RENAME TO "renamed by hand";
COMMENT ON TABLE zoo.events_eu_2026 IS 'this year';
COMMENT ON INDEX zoo.events_at IS 'newest first';

CREATE TABLE zoo.levels (a integer NOT NULL, b text COLLATE "C", c integer GENERATED ALWAYS AS (a + 1) STORED, UNIQUE (a, b)) PARTITION BY RANGE (a, b);
CREATE TABLE zoo.levels_1 (b text COLLATE "C" DEFAULT 'own', a integer NOT NULL, c integer GENERATED ALWAYS AS (a + 1) STORED);
ALTER TABLE zoo.levels_1 ADD CONSTRAINT "own name" UNIQUE (a, b);
ALTER TABLE zoo.levels ATTACH PARTITION zoo.levels_1 FOR VALUES FROM (1, 'a') TO (1, MAXVALUE);
CREATE UNLOGGED TABLE zoo.levels_2 PARTITION OF zoo.levels (b DEFAULT 'two', CONSTRAINT only_here CHECK (b <> '')) FOR VALUES FROM (2, MINVALUE) TO (MAXVALUE, MAXVALUE) WITH (fillfactor = 33);
CREATE INDEX levels_partly ON ONLY zoo.levels (b);
CREATE TABLE zoo.level_notes (a integer, b text COLLATE "C", FOREIGN KEY (a, b) REFERENCES zoo.levels_1 (a, b) ON DELETE SET DEFAULT (b));
ALTER TABLE zoo.levels_1 REPLICA IDENTITY FULL;

-- Foreign keys: composite, to and from partitions, deferrable, self, NOT VALID, actions with columns, two in a circle.
CREATE TABLE zoo.tickets (
  id uuid PRIMARY KEY, parent uuid REFERENCES zoo.tickets DEFERRABLE INITIALLY DEFERRED, animal bigint,
  event_id bigint, event_region text, event_at timestamptz, keeper integer,
  CONSTRAINT of_event FOREIGN KEY (event_id, event_region, event_at) REFERENCES zoo.events MATCH FULL ON UPDATE CASCADE,
  CONSTRAINT of_animal FOREIGN KEY (animal) REFERENCES zoo.animals ON DELETE SET NULL (animal) ON UPDATE RESTRICT);
CREATE TABLE zoo.keepers (id integer PRIMARY KEY, best_ticket uuid REFERENCES zoo.tickets);
ALTER TABLE zoo.tickets ADD CONSTRAINT of_keeper FOREIGN KEY (keeper) REFERENCES zoo.keepers ON DELETE CASCADE NOT VALID;
CREATE TABLE zoo.visits (id integer, day date, ticket uuid REFERENCES zoo.tickets, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
CREATE TABLE zoo.visits_all PARTITION OF zoo.visits DEFAULT;
COMMENT ON CONSTRAINT of_event ON zoo.tickets IS 'a key of three';

-- Exclusion, and indexes of every method, on expressions, partial, with options, operator classes and statistics.
CREATE TABLE zoo.stays (room integer, during tstzrange, note text,
  CONSTRAINT one_at_a_time EXCLUDE USING gist (room WITH =, during WITH &&) WITH (fillfactor = 80) WHERE (note IS DISTINCT FROM 'void') DEFERRABLE);
CREATE INDEX animals_lower ON zoo.animals (lower(name), (price + 1) DESC) WHERE price > 10;
ALTER INDEX zoo.animals_lower ALTER COLUMN 2 SET STATISTICS 300;
CREATE INDEX animals_words ON zoo.animals USING gin (words) WITH (fastupdate = off);
CREATE INDEX animals_path ON zoo.animals USING gist (path public.gist_ltree_ops (siglen = 32));
CREATE INDEX animals_trgm ON zoo.animals USING gin (name ext.gin_trgm_ops);
CREATE INDEX animals_born ON zoo.animals USING brin (born) WITH (pages_per_range = 16, autosummarize = on);
CREATE INDEX animals_hash ON zoo.animals USING hash (nick);
CREATE UNIQUE INDEX "Animals ""ü"" key" ON zoo.animals (price, id) NULLS NOT DISTINCT;
CREATE UNIQUE INDEX no_key_identity ON zoo.no_key (a) WHERE a IS NOT NULL;
CREATE INDEX animals_like ON zoo.animals (name text_pattern_ops, "Odd ""Column"" ü" COLLATE "C");
ALTER TABLE zoo.animals CLUSTER ON one_name;
COMMENT ON INDEX zoo.animals_lower IS 'an index';

-- Statistics objects, replica identities.
CREATE STATISTICS zoo.animal_stats (ndistinct, dependencies, mcv) ON price, mood, born FROM zoo.animals;
CREATE STATISTICS zoo.animal_expressions ON (lower(name)), (price % 10) FROM zoo.animals;
ALTER STATISTICS zoo.animal_stats SET STATISTICS 700;
COMMENT ON STATISTICS zoo.animal_stats IS 'they go together';
ALTER TABLE zoo.no_key REPLICA IDENTITY FULL;
ALTER TABLE zoo.scratch REPLICA IDENTITY NOTHING;
CREATE TABLE zoo.by_index (a integer NOT NULL, b text NOT NULL);
CREATE UNIQUE INDEX by_index_b ON zoo.by_index (b);
ALTER TABLE zoo.by_index REPLICA IDENTITY USING INDEX by_index_b;

-- Views: on views, options, check options, defaults, recursive, one that needs a primary key for its GROUP BY, views on
-- materialised views, whole rows, and odd names.
CREATE VIEW zoo.cheap WITH (security_barrier = true, security_invoker = true) AS
  SELECT id, name, price FROM zoo.animals WHERE price < 100 WITH LOCAL CHECK OPTION;
ALTER VIEW zoo.cheap ALTER COLUMN price SET DEFAULT 7;
CREATE VIEW zoo.grouped AS SELECT a.id, a.name, a.price, count(t.id) AS tickets FROM zoo.animals a LEFT JOIN zoo.tickets t ON t.animal = a.id GROUP BY a.id;
CREATE VIEW zoo.on_grouped AS SELECT name, tickets FROM zoo.grouped WHERE tickets > 0;
CREATE RECURSIVE VIEW zoo.family (id, depth) AS
  SELECT id, 1 FROM zoo.tickets WHERE parent IS NULL UNION ALL SELECT t.id, f.depth + 1 FROM zoo.tickets t JOIN family f ON t.parent = f.id;
CREATE VIEW zoo."Odd ""View"" ü" AS SELECT "Odd ""Column"" ü" AS "Col ""x""", 'it''s'::text AS "select" FROM zoo.animals;
CREATE VIEW zoo.keepers_grouped AS SELECT k.id, k.best_ticket, count(t.id) AS tickets FROM zoo.keepers k LEFT JOIN zoo.tickets t ON t.keeper = k.id GROUP BY k.id;
CREATE MATERIALIZED VIEW zoo.keepers_rows AS SELECT * FROM zoo.keepers_grouped;
CREATE INDEX keepers_rows_tickets ON zoo.keepers_rows (tickets);
CREATE MATERIALIZED VIEW zoo.by_mood WITH (fillfactor = 75) AS SELECT mood, count(*) AS animals FROM zoo.animals GROUP BY mood;
CREATE UNIQUE INDEX by_mood_key ON zoo.by_mood (mood);
CREATE VIEW zoo.moods AS SELECT mood FROM zoo.by_mood;
CREATE MATERIALIZED VIEW zoo.a_last AS SELECT count(*) AS moods FROM zoo.moods;
CREATE MATERIALIZED VIEW zoo.on_grouped_rows AS SELECT * FROM zoo.on_grouped;
CREATE MATERIALIZED VIEW zoo.never_filled AS SELECT 1 AS one WITH NO DATA;
ALTER MATERIALIZED VIEW zoo.by_mood ALTER COLUMN animals SET STATISTICS 20;
ALTER MATERIALIZED VIEW zoo.by_mood CLUSTER ON by_mood_key;
COMMENT ON VIEW zoo.cheap IS 'a view';
COMMENT ON COLUMN zoo.cheap.price IS 'a column of a view';
COMMENT ON MATERIALIZED VIEW zoo.by_mood IS 'a materialised view';

-- What needs each other. BEGIN ATOMIC on tables; a default, a check and an index that call functions which need the table
-- or another table's key; a view whose function returns the view's rows; two functions that call each other.
CREATE FUNCTION zoo.count_animals() RETURNS bigint LANGUAGE sql STABLE BEGIN ATOMIC SELECT count(*) FROM zoo.animals; END;
CREATE TABLE zoo.counted (id integer PRIMARY KEY, animals bigint DEFAULT zoo.count_animals(), CONSTRAINT ok CHECK (zoo.add(id, 1) > 0));
CREATE FUNCTION zoo.label(zoo.counted) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT ($1).id::text';
CREATE FUNCTION zoo.next_counted() RETURNS integer LANGUAGE sql STABLE BEGIN ATOMIC SELECT coalesce(max(id), 0) + 1 FROM zoo.counted; END;
ALTER TABLE zoo.counted ALTER COLUMN id SET DEFAULT zoo.next_counted();
ALTER TABLE zoo.counted ADD CONSTRAINT whole CHECK (zoo.label(counted) <> '');
CREATE INDEX counted_label ON zoo.counted (zoo.label(counted));
CREATE FUNCTION zoo.grouped_row(integer) RETURNS SETOF zoo.grouped LANGUAGE sql STABLE AS 'SELECT * FROM zoo.grouped LIMIT $1';
CREATE FUNCTION zoo.upsert(integer) RETURNS void LANGUAGE sql BEGIN ATOMIC
  INSERT INTO zoo.counted (id) VALUES ($1) ON CONFLICT ON CONSTRAINT counted_pkey DO UPDATE SET animals = 0; END;
CREATE VIEW zoo.circle AS SELECT id, name FROM zoo.keepers CROSS JOIN LATERAL (SELECT 'x'::text COLLATE "C" AS name) n;
CREATE FUNCTION zoo.of_circle() RETURNS SETOF zoo.circle LANGUAGE sql STABLE AS 'SELECT 1, ''y''::text';
CREATE OR REPLACE VIEW zoo.circle AS SELECT k.id, c.name COLLATE "C" AS name FROM zoo.keepers k CROSS JOIN zoo.of_circle() c;
CREATE FUNCTION zoo.ping(n integer) RETURNS integer LANGUAGE sql RETURN n;
CREATE FUNCTION zoo.pong(n integer DEFAULT zoo.ping(3)) RETURNS integer LANGUAGE sql BEGIN ATOMIC SELECT CASE WHEN n > 0 THEN zoo.ping(n - 1) ELSE 0 END; END;
CREATE OR REPLACE FUNCTION zoo.ping(n integer) RETURNS integer LANGUAGE sql BEGIN ATOMIC SELECT CASE WHEN n > 0 THEN zoo.pong(n - 1) ELSE 0 END; END;
CREATE TABLE zoo.rows_of_view (grouped zoo.on_grouped, cheap zoo.cheap[]);

-- Triggers: statement, row, columns, conditions, transition tables, constraint, on views, on partitions, arguments, states.
CREATE FUNCTION zoo.note_event() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE TRIGGER touch_row BEFORE INSERT OR UPDATE OF price, name ON zoo.animals FOR EACH ROW WHEN (NEW.price > 0) EXECUTE FUNCTION zoo.touch('it''s', 'two');
CREATE TRIGGER touch_all AFTER UPDATE ON zoo.animals REFERENCING OLD TABLE AS old_rows NEW TABLE AS "New Rows" FOR EACH STATEMENT EXECUTE FUNCTION zoo.touch();
CREATE TRIGGER never AFTER DELETE ON zoo.animals FOR EACH ROW EXECUTE FUNCTION zoo.touch();
CREATE TRIGGER always_on AFTER INSERT ON zoo.animals FOR EACH ROW EXECUTE FUNCTION zoo.touch();
CREATE TRIGGER "On ""Replica""" AFTER TRUNCATE ON zoo.animals FOR EACH STATEMENT EXECUTE FUNCTION zoo.touch();
ALTER TABLE zoo.animals DISABLE TRIGGER never;
ALTER TABLE zoo.animals ENABLE ALWAYS TRIGGER always_on;
ALTER TABLE zoo.animals ENABLE REPLICA TRIGGER "On ""Replica""";
CREATE CONSTRAINT TRIGGER checks_later AFTER INSERT ON zoo.keepers FROM zoo.tickets DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION zoo.touch();
CREATE TRIGGER instead INSTEAD OF INSERT ON zoo.grouped FOR EACH ROW EXECUTE FUNCTION zoo.touch();
CREATE TRIGGER on_events AFTER INSERT ON zoo.events FOR EACH ROW EXECUTE FUNCTION zoo.touch();
ALTER TABLE zoo.events_us DISABLE TRIGGER on_events;
COMMENT ON TRIGGER never ON zoo.animals IS 'off';

-- Rules with a state, row level security.
CREATE RULE no_delete AS ON DELETE TO zoo.keepers DO INSTEAD NOTHING;
CREATE RULE log_insert AS ON INSERT TO zoo.no_key DO ALSO (INSERT INTO zoo.scratch (note) VALUES (NEW.b); NOTIFY zoo_log);
CREATE RULE into_view AS ON UPDATE TO zoo.on_grouped DO INSTEAD SELECT 1;
ALTER TABLE zoo.keepers DISABLE RULE no_delete;
COMMENT ON RULE no_delete ON zoo.keepers IS 'they stay';
ALTER TABLE zoo.animals ENABLE ROW LEVEL SECURITY;
ALTER TABLE zoo.keepers ENABLE ROW LEVEL SECURITY;
ALTER TABLE zoo.keepers FORCE ROW LEVEL SECURITY;
CREATE POLICY everybody ON zoo.animals USING (true);
CREATE POLICY "Only ""cheap""" ON zoo.animals AS RESTRICTIVE FOR UPDATE TO zoo_reader, "Zoo ""Writer""" USING (price < 100) WITH CHECK (zoo.add(price) < 50);
CREATE POLICY adds ON zoo.keepers FOR INSERT TO PUBLIC WITH CHECK (EXISTS (SELECT FROM zoo.tickets t WHERE t.keeper = keepers.id));
COMMENT ON POLICY everybody ON zoo.animals IS 'open';

-- Rights: of tables, columns, sequences, functions, types, schemas; with grant option; taken from PUBLIC and the owner.
GRANT USAGE ON SCHEMA zoo TO zoo_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA zoo TO zoo_reader;
GRANT INSERT, UPDATE ON zoo.keepers TO "Zoo ""Writer""" WITH GRANT OPTION;
GRANT DELETE ON zoo.keepers TO "Zoo ""Writer""";
GRANT UPDATE (name, "Odd ""Column"" ü"), SELECT (id) ON zoo.animals TO zoo_reader;
GRANT SELECT ON zoo.cheap TO PUBLIC;
GRANT USAGE, SELECT ON SEQUENCE zoo.plain_seq TO zoo_reader;
REVOKE EXECUTE ON FUNCTION zoo.add(integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION zoo.add(integer, integer) TO zoo_reader;
REVOKE ALL ON PROCEDURE zoo.noop FROM PUBLIC;
REVOKE USAGE ON TYPE zoo.mood FROM PUBLIC;
GRANT USAGE ON TYPE zoo.positive TO zoo_reader;
REVOKE TRUNCATE, TRIGGER ON zoo.no_key FROM CURRENT_USER;
GRANT CREATE ON SCHEMA public TO zoo_reader;
REVOKE USAGE ON SCHEMA public FROM PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA zoo GRANT SELECT ON TABLES TO zoo_reader;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES GRANT USAGE ON SEQUENCES TO PUBLIC;

-- Extension dependencies, publications, event triggers.
ALTER FUNCTION zoo.first_of(anyarray) DEPENDS ON EXTENSION citext;
ALTER INDEX zoo.animals_trgm DEPENDS ON EXTENSION pg_trgm;
ALTER TRIGGER never ON zoo.animals DEPENDS ON EXTENSION citext;
CREATE PUBLICATION "some" FOR TABLE zoo.keepers, zoo.animals (id, name, price) WHERE (price > 10 AND name <> 'x'), ONLY zoo.things WITH (publish = 'insert, delete');
CREATE PUBLICATION everything FOR ALL TABLES WITH (publish_via_partition_root = true);
CREATE PUBLICATION of_schema FOR TABLES IN SCHEMA "select", TABLE zoo.no_key;
COMMENT ON PUBLICATION "some" IS 'a few';

-- What only later majors have.
DO $$ BEGIN
  IF current_setting('server_version_num')::integer >= 180000 THEN
    EXECUTE 'CREATE TABLE zoo.of_18 (id integer CONSTRAINT "named not null" NOT NULL, a integer, b integer GENERATED ALWAYS AS (a * 2), c integer NOT NULL NO INHERIT,
      valid daterange, CONSTRAINT soft CHECK (a > 0) NOT ENFORCED)';
    EXECUTE 'CREATE TABLE zoo.of_18_child (d integer) INHERITS (zoo.of_18)';
    EXECUTE 'ALTER TABLE zoo.of_18 ADD CONSTRAINT a_later NOT NULL a NOT VALID';
    EXECUTE 'CREATE TABLE zoo.of_18_later (e integer) INHERITS (zoo.of_18)';
    EXECUTE 'ALTER TABLE zoo.of_18 ADD CONSTRAINT at_once PRIMARY KEY (id, valid WITHOUT OVERLAPS)';
    EXECUTE 'ALTER TABLE zoo.of_18_child ADD CONSTRAINT own_not_null NOT NULL b';
    EXECUTE 'CREATE TABLE zoo.of_18_lines (id integer, valid daterange, CONSTRAINT within FOREIGN KEY (id, PERIOD valid) REFERENCES zoo.of_18 (id, PERIOD valid))';
    EXECUTE 'CREATE TABLE zoo.of_18_soft (a bigint REFERENCES zoo.animals NOT ENFORCED)';
  END IF;
  IF current_setting('server_version_num')::integer >= 170000 THEN
    EXECUTE 'CREATE TABLE zoo.of_17 (id bigint GENERATED ALWAYS AS IDENTITY, day date, PRIMARY KEY (id, day)) PARTITION BY RANGE (day)';
    EXECUTE 'CREATE TABLE zoo.of_17_all PARTITION OF zoo.of_17 DEFAULT';
    EXECUTE 'CREATE COLLATION zoo.builtin (provider = builtin, locale = ''C.UTF-8'')';
    EXECUTE 'GRANT MAINTAIN ON zoo.keepers TO zoo_reader';
  END IF;
  IF current_setting('server_version_num')::integer >= 160000 THEN
    EXECUTE 'CREATE COLLATION zoo.ruled (provider = icu, locale = ''und'', rules = ''&a < g'')';
    EXECUTE 'CREATE TABLE zoo.of_16 (a integer) USING heap';
  END IF;
END $$;

-- Rows, so that a restored zoo holds something. The table without columns has three.
INSERT INTO zoo.animals (name, nick, mood, home, tags, attributes, path, born, legs, weight, price, picture, temperature)
  SELECT 'animal ' || i, 'Nick' || i, (ARRAY['sad', 'so-so', 'ok', 'it''s fine'])[1 + i % 4]::zoo.mood, ROW('street ' || i, '1000' || i % 10, 'ok')::zoo.address,
    ARRAY['t' || i, NULL], ext.hstore('k' || i, CASE WHEN i % 3 > 0 THEN 'v' END), ('Top.L' || i)::public.ltree, '2020-01-01'::date + i,
    1 + i % 8, i + 0.125, i, decode(md5(i::text), 'hex'), zoo.floats(i, i + 0.5) FROM generate_series(1, 200) i;
INSERT INTO zoo.things (kind) VALUES ('a'), ('b');
INSERT INTO zoo.tools (handle, price) VALUES ('wood', 12.34), (NULL, NULL);
INSERT INTO zoo.machines (watts, made) SELECT i, '2024-02-29 12:00:00+00'::timestamptz + i * interval '1 hour' FROM generate_series(1, 20) i;
INSERT INTO zoo.scratch (note) VALUES ('not logged');
INSERT INTO zoo.homes VALUES ('Main', '12345', 'sad'), ('', NULL, 'ok');
INSERT INTO zoo.no_columns DEFAULT VALUES; INSERT INTO zoo.no_columns DEFAULT VALUES; INSERT INTO zoo.no_columns DEFAULT VALUES;
INSERT INTO zoo.no_key VALUES (1, 'x'), (NULL, 'x'), (NULL, 'x'), (2, NULL);
INSERT INTO zoo.by_index VALUES (1, 'one'), (1, 'two');
INSERT INTO "Größe & ""Preis"""."Täble ""quoted"" with space" VALUES ('rot', 1, E'a\tb', '😀'), ('мир', NULL, '', NULL);
INSERT INTO "select"."table" SELECT i, 'row ' || i FROM generate_series(1, 50) i;
INSERT INTO zoo.events (at, region, payload) SELECT '2025-11-01 00:00:00+00'::timestamptz + i * interval '1 day', (ARRAY['eu', 'us', 'uk', 'mars', 'venus'])[1 + i % 5],
  jsonb_build_object('n', i, 'big', 12345678901234567890) FROM generate_series(1, 120) i;
INSERT INTO zoo.by_expression VALUES (1, 'A'), (5, 'b');
INSERT INTO zoo.keepers (id) SELECT i FROM generate_series(1, 10) i;
INSERT INTO zoo.tickets (id, parent, animal, event_id, event_region, event_at, keeper)
  SELECT md5('t' || e.id)::uuid, CASE WHEN e.id > 1 THEN md5('t' || e.id / 2)::uuid END, 100 + 5 * (e.id % 50), e.id, e.region, e.at, 1 + e.id % 10 FROM zoo.events e;
UPDATE zoo.keepers SET best_ticket = md5('t' || id)::uuid;
INSERT INTO zoo.visits SELECT i, '2026-01-01'::date + i, md5('t' || i)::uuid FROM generate_series(1, 20) i;
INSERT INTO zoo.stays VALUES (1, '[2026-01-01,2026-01-02)', NULL), (1, '[2026-01-02,2026-01-03)', 'next'), (2, NULL, NULL), (2, 'empty', 'e');
INSERT INTO zoo.counted (id) VALUES (7);
INSERT INTO zoo.rows_of_view SELECT NULL, array_agg(c) FROM zoo.cheap c WHERE id < 130;
SELECT setval('zoo.down_seq', -6), setval('zoo."Odd Seq""uence"', 9223372036854775807), setval('zoo.unlogged_seq', 50, false);
REFRESH MATERIALIZED VIEW zoo.by_mood;
REFRESH MATERIALIZED VIEW zoo.a_last;
REFRESH MATERIALIZED VIEW zoo.on_grouped_rows;
CREATE EVENT TRIGGER on_drop ON sql_drop WHEN TAG IN ('DROP TABLE', 'DROP INDEX') EXECUTE FUNCTION zoo.note_event();
CREATE EVENT TRIGGER "On ""DDL""" ON ddl_command_end EXECUTE FUNCTION zoo.note_event();
ALTER EVENT TRIGGER on_drop DISABLE;
COMMENT ON EVENT TRIGGER on_drop IS 'quiet';
