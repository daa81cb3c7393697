-- Every built-in type with its extreme values, types of extensions and of users, and keys of every kind. One table each, with
-- rows. Loads on PostgreSQL 15 to 18 (UTF8) as superuser `postgres`, in one transaction.

CREATE SCHEMA types;
CREATE SCHEMA keys;
CREATE EXTENSION citext;
CREATE EXTENSION hstore;
CREATE EXTENSION ltree;
CREATE COLLATION types.no_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);

-- Integers at both ends.
CREATE TABLE types.integers (id integer PRIMARY KEY, i2 smallint, i4 integer, i8 bigint);
INSERT INTO types.integers VALUES (1, -32768, -2147483648, -9223372036854775808), (2, 32767, 2147483647, 9223372036854775807), (3, 0, 0, 0), (4, -1, -1, -1), (5, NULL, NULL, NULL);

-- Floats: NaN, infinities, minus zero, smallest and largest, values that need 17 digits.
CREATE TABLE types.floats (id integer PRIMARY KEY, f4 real, f8 double precision);
INSERT INTO types.floats VALUES (1, 'NaN', 'NaN'), (2, 'Infinity', 'Infinity'), (3, '-Infinity', '-Infinity'), (4, '-0', '-0'), (5, 0, 0),
  (6, '1.4e-45', '5e-324'), (7, '3.4028235e38', '1.7976931348623157e308'), (8, 0.1, 0.1), (9, '16777217', '0.30000000000000004'), (10, NULL, NULL);

-- Numerics: NaN, infinities, many digits, trailing zeros, negative and large scale.
CREATE TABLE types.numerics (id integer PRIMARY KEY, n numeric, n2 numeric(10, 2), n_up numeric(5, -3), big numeric(1000, 500));
INSERT INTO types.numerics VALUES (1, 'NaN', 'NaN', 'NaN', 'NaN'), (2, 'Infinity', NULL, NULL, NULL), (3, '-Infinity', NULL, NULL, NULL),
  (4, 0, 0, 0, 0), (5, 1.0, 1.00, 1000, 1), (6, 1.000, -99999999.99, -99999000, -0.5), (7, repeat('9', 2000)::numeric, 99999999.99, 99999000, repeat('7', 499)::numeric),
  (8, ('0.' || repeat('0', 1500) || '1')::numeric, 0.01, 1499, ('0.' || repeat('3', 500))::numeric), (9, -1e100, NULL, NULL, NULL);

-- Money, at both ends.
CREATE TABLE types.moneys (id integer PRIMARY KEY, m money);
INSERT INTO types.moneys VALUES (1, '-92233720368547758.08'), (2, '92233720368547758.07'), (3, '0'), (4, NULL), (5, '-0.01');

-- Texts: empty, blanks, escapes of COPY, quotes, every plane of Unicode, combining marks, a byte order mark, control characters.
CREATE TABLE types.texts (id integer PRIMARY KEY, t text, v varchar(20), b char(5), one "char", n name, c text COLLATE "C", u text COLLATE types.no_case);
INSERT INTO types.texts VALUES (1, '', '', '', '', '', '', ''), (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL), (3, 'null', 'NULL', '\N', '\', '\N', '\.', '\N'),
  (4, E'a\tb\nc\rd\\e\bf\fg\vh', E'\\.\n', E'a \n', E'\\377', E'tab\there', E'\x01\x1f\x7f', 'ÄÖ'), (5, 'ü 😀 мир 漢字 ' || chr(65533) || chr(1114111), '😀😀', 'é', 'x', 'naïve', 'Z', 'äö'),
  (6, chr(65279) || 'bom', E'e\u0301', '  a  ', ' ', repeat('n', 63), ' trailing ', E'\u00e9'), (7, repeat('long ', 2000), repeat('v', 20), 'abcde', '0', 'a''b"c', '''"', 'E' || chr(769));

-- Bytes: every value, none, a zero byte, text that looks like hex.
CREATE TABLE types.bytes (id integer PRIMARY KEY, b bytea);
INSERT INTO types.bytes SELECT 1, decode(string_agg(lpad(to_hex(i), 2, '0'), '' ORDER BY i), 'hex') FROM generate_series(0, 255) i;
INSERT INTO types.bytes VALUES (2, ''), (3, '\x00'), (4, '\x5c78'), (5, NULL), (6, '\xff00ff');

-- Booleans and bit strings.
CREATE TABLE types.bits (id integer PRIMARY KEY, yes boolean, b bit(11), v bit varying);
INSERT INTO types.bits VALUES (1, true, B'10101010101', B''), (2, false, B'00000000000', B'1'), (3, NULL, NULL, NULL), (4, true, B'11111111111', repeat('01', 500)::varbit);

-- Dates and times: BC, infinities, the ends of the calendar, leap second, 24:00, odd offsets, microseconds.
CREATE TABLE types.times (id integer PRIMARY KEY, d date, t time, tz timetz, ts timestamp, tstz timestamptz, t0 time(0), ts3 timestamp(3));
INSERT INTO types.times VALUES (1, 'infinity', '00:00', '00:00+15:59:59', 'infinity', 'infinity', '12:00', '2026-01-01 00:00:00.123'),
  (2, '-infinity', '24:00', '24:00-15:59:59', '-infinity', '-infinity', '24:00', NULL), (3, '4713-01-01 BC', '23:59:59.999999', '23:59:60+00', '4713-01-01 00:00:00 BC', '4713-01-01 00:00:00+00 BC', NULL, NULL),
  (4, '5874897-12-31', '00:00:00.000001', '12:34:56.789+05:45', '294276-12-31 23:59:59.999999', '294276-12-31 23:59:59.999999+00', NULL, NULL),
  (5, '0001-01-01', NULL, NULL, '0001-12-31 23:59:59 BC', '1883-11-18 12:00:00-04:56:02', NULL, NULL), (6, '2000-02-29', '01:02:03.4', '01:02:03.4-00:30', '2000-01-01', '2024-03-31 02:30:00+02', NULL, NULL);

-- Intervals: each field, mixed signs, the ends; infinity from 17 on.
CREATE TABLE types.intervals (id integer PRIMARY KEY, i interval, ym interval year to month, s2 interval second(2));
INSERT INTO types.intervals VALUES (1, '178000000 years', '100 years 3 months', '59.99'), (2, '-178000000 years', '-1 month', '-0.01'), (3, '1 year -2 mons +3 days -04:05:06.789', NULL, NULL),
  (4, '0', '0', '0'), (5, '2147483647 days 2147483647:59:59', NULL, NULL), (6, '0.000001 seconds', NULL, NULL), (7, NULL, NULL, NULL), (8, '24:00', NULL, NULL), (9, '1 day', NULL, NULL);
DO $$ BEGIN IF current_setting('server_version_num')::integer >= 170000 THEN INSERT INTO types.intervals VALUES (10, 'infinity'), (11, '-infinity'); END IF; END $$;

-- Identifiers of the system, and what it computes with them.
CREATE TABLE types.systems (id integer PRIMARY KEY, o oid, x xid, x8 xid8, c cid, t tid, l pg_lsn, s pg_snapshot, ts txid_snapshot, iv int2vector, ov oidvector, r refcursor);
INSERT INTO types.systems VALUES (1, 0, '0', '0', '0', '(0,0)', '0/0', '1:1:', '1:1:', '', '', ''), (2, 4294967295, '4294967295', '18446744073709551615', '4294967295', '(4294967295,65535)', 'FFFFFFFF/FFFFFFFF',
  '10:20:10,14,15', '10:20:10,14,15', '1 -2 3', '1 4294967295', 'cursor'), (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);

-- Names of objects, which text shows by name and binary by number.
CREATE TABLE types.registers (id integer PRIMARY KEY, c regclass, t regtype, p regprocedure, o regoperator, n regnamespace, r regrole, f regconfig, d regdictionary, l regcollation);
INSERT INTO types.registers VALUES (1, 'types.integers', 'integer[]', 'lower(text)', '+(integer,integer)', 'types', 'postgres', 'english', 'simple', '"C"'), (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL), (3, '-', '-', '-', '0', '-', '-', '-', '-', '-');

-- A type without a binary form: this table can only be read as text.
CREATE TABLE types.text_only (id integer PRIMARY KEY, a aclitem, list aclitem[]);
INSERT INTO types.text_only VALUES (1, 'postgres=arwd/postgres', '{=r/postgres,postgres=a*/postgres}'), (2, '=r/postgres', '{}'), (3, NULL, NULL);

-- json keeps its spelling (blanks, order, doubles, digits), jsonb its numbers' digits; paths.
CREATE TABLE types.documents (id integer PRIMARY KEY, j json, b jsonb, p jsonpath);
INSERT INTO types.documents VALUES (1, '{"b": 1, "a":2,  "b":3, "n": 1.000000000000000000000000000001e400}', '{"b": 1, "a": 2, "n": 12345678901234567890.123456789012345678900}', '$.a[*] ? (@ > 1)'),
  (2, 'null', 'null', 'strict $'), (3, '"\u00e9 \\ \" \/ \t"', '"\u00e9 \\ \" \t"', '$."odd \" key"'), (4, '[]', '{}', NULL), (5, NULL, NULL, NULL), (6, ' [ 1 , [ 2.50 ] ] ', '[1, [2.50, null, true, ""]]', 'lax $.a.b'),
  (7, '{"😀": "\ud83d\ude00"}', ('[' || repeat('[', 200) || repeat(']', 200) || ']')::jsonb, NULL), (8, '-0', '-0.00', NULL);

-- XML: documents and fragments.
CREATE TABLE types.xmls (id integer PRIMARY KEY, x xml);
INSERT INTO types.xmls VALUES (1, '<?xml version="1.0"?><a b="c">d &amp; e<!-- f --></a>'), (2, 'text <i>and</i> more'), (3, ''), (4, NULL), (5, '<ü>😀</ü>');

-- Networks: both families, host bits, every prefix length at the ends.
CREATE TABLE types.networks (id integer PRIMARY KEY, i inet, c cidr, m macaddr, m8 macaddr8);
INSERT INTO types.networks VALUES (1, '0.0.0.0', '0.0.0.0/0', '00:00:00:00:00:00', '00:00:00:00:00:00:00:00'), (2, '255.255.255.255/1', '255.255.255.255/32', 'ff:ff:ff:ff:ff:ff', 'ff:ff:ff:ff:ff:ff:ff:ff'),
  (3, '::', '::/0', NULL, NULL), (4, 'fe80::1/64', '2001:db8::/32', '08:00:2b:01:02:03', '08:00:2b:01:02:03:04:05'), (5, '::ffff:1.2.3.4', '10/8', NULL, NULL), (6, NULL, NULL, NULL, NULL);

-- Geometry.
CREATE TABLE types.shapes (id integer PRIMARY KEY, p point, l line, s lseg, b box, pa path, po polygon, c circle);
INSERT INTO types.shapes VALUES (1, '(0,-0)', '{1,-1,0}', '[(0,0),(1,1)]', '(1,1),(0,0)', '[(0,0),(1,1),(2,0)]', '((0,0),(1,1),(2,0))', '<(0,0),1>'),
  (2, '(NaN,Infinity)', '{0,1,-0.5}', '[(1e308,-1e308),(0.1,0.2)]', '(Infinity,2),(-Infinity,1)', '((0,0),(1,1))', '((0.30000000000000004,5e-324))', '<(1,2),0>'), (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL);

-- Text search.
CREATE TABLE types.searches (id integer PRIMARY KEY, v tsvector, q tsquery);
INSERT INTO types.searches VALUES (1, 'a:1A,2B,3C,16383 ''odd '''' word'':4 \\back', 'a & (b | !c:AB) <2> d:*'), (2, '', ''), (3, NULL, NULL), (4, to_tsvector('english', repeat('many different words ', 50)), 'fat <-> cat');

-- Ranges and multiranges: empty, open, infinite, of one value.
CREATE TABLE types.ranges (id integer PRIMARY KEY, i4 int4range, i8 int8range, n numrange, d daterange, ts tsrange, tstz tstzrange, mi int4multirange, mt tstzmultirange);
INSERT INTO types.ranges VALUES (1, 'empty', 'empty', 'empty', 'empty', 'empty', 'empty', '{}', '{}'), (2, '(,)', '(,)', '(,)', '(,)', '(,)', '(,)', '{(,)}', '{(,)}'),
  (3, '[1,2)', '[-9223372036854775808,9223372036854775807)', '[1.10,1.1000]', '[-infinity,infinity]', '[2026-01-01,2026-01-01]', '["2026-01-01 00:00:00+00",infinity)', '{[1,3),[5,7)}', '{["2026-01-01 00:00:00+00","2026-01-02 00:00:00+00")}'), (4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);

-- Arrays: empty, of NULLs, nested, with lower bounds, of texts that look like syntax.
CREATE TABLE types.arrays (id integer PRIMARY KEY, i integer[], t text[], n numeric(5, 1)[][], b bytea[], j jsonb[], ts timestamptz[], u uuid[], bo boolean[]);
INSERT INTO types.arrays VALUES (1, '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}'), (2, '{NULL,1}', '{NULL,"NULL","","a,b","{","\\","\"", " x "}', '{{1,2},{NULL,NaN}}', '{"\\x00",NULL}', '{"{\"a\": [1,2]}",null,NULL}', '{infinity,"0044-03-15 12:00:00+00 BC"}', '{00000000-0000-0000-0000-000000000000}', '{t,f,NULL}'),
  (3, '[-2:0]={1,2,3}', '[5:5]={x}', '{{{1,2},{3,4}},{{5,6},{7,8}}}', NULL, NULL, NULL, NULL, NULL), (4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);

-- Users' types: enum, domains, composites in composites, ranges, and arrays of each.
CREATE TYPE types.size AS ENUM ('large', 'small', 'it''s "odd"', '');
CREATE DOMAIN types.percent AS numeric(5, 2) CHECK (VALUE BETWEEN 0 AND 100);
CREATE DOMAIN types.percents AS types.percent[] CHECK (cardinality(VALUE) < 5);
CREATE TYPE types.inner AS (a integer, "B c" text, s types.size);
CREATE TYPE types.outer AS (i types.inner, list types.inner[], p types.percent);
CREATE TYPE types.size_range AS RANGE (subtype = types.size);
CREATE TABLE types.own (id integer PRIMARY KEY, s types.size, ss types.size[], p types.percent, ps types.percents, i types.inner, o types.outer, os types.outer[], r types.size_range);
INSERT INTO types.own VALUES (1, 'large', '{small,"it''s \"odd\"",""}', 99.99, '{0,100,NULL}', ROW(1, 'a,"b)', 'small'), ROW(ROW(NULL, '', NULL), ARRAY[ROW(2, NULL, 'large')::types.inner, NULL], 1),
  ARRAY[ROW(NULL, NULL, NULL)::types.outer, NULL], '[large,small]'), (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL), (3, '', '{}', 0, '{}', ROW(NULL, NULL, NULL), ROW(NULL, NULL, NULL), '{}', 'empty');

-- Types of extensions.
CREATE TABLE types.extensions (id integer PRIMARY KEY, c citext, h hstore, l ltree, q lquery, cs citext[]);
INSERT INTO types.extensions VALUES (1, 'MiXed', 'a=>1,"b c"=>NULL,"\"q\""=>"=>"', 'Top.Science.Astronomy', '*.Astro*@.!x|y{1,2}.*', '{A,a}'), (2, '', '', '', '*', '{}'), (3, NULL, NULL, NULL, NULL, NULL);

-- uuid, with the nil and the largest.
CREATE TABLE types.uuids (id integer PRIMARY KEY, u uuid);
INSERT INTO types.uuids VALUES (1, '00000000-0000-0000-0000-000000000000'), (2, 'ffffffff-ffff-ffff-ffff-ffffffffffff'), (3, 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'), (4, NULL);

-- No primary key, with equal rows.
CREATE TABLE types.no_key (a integer, b text);
INSERT INTO types.no_key SELECT i % 7, CASE WHEN i % 3 > 0 THEN 'row ' || i % 11 END FROM generate_series(1, 300) i;

-- No column at all, and four rows of them.
CREATE TABLE types.no_columns ();
INSERT INTO types.no_columns SELECT FROM generate_series(1, 4);

-- No row.
CREATE TABLE types.no_rows (id integer PRIMARY KEY, t text, n numeric DEFAULT 3);

-- One row of 4 MiB that does not compress to little, one that compresses to nothing, and a small one.
CREATE TABLE types.huge_row (id integer PRIMARY KEY, t text, b bytea);
INSERT INTO types.huge_row SELECT 1, string_agg(md5(i::text), '' ORDER BY i), NULL FROM generate_series(1, 131072) i;
INSERT INTO types.huge_row VALUES (2, repeat('x', 3000000), decode(repeat('00', 1000000), 'hex')), (3, 'small', '\x01');

-- Names that need quoting everywhere, and the order of columns after some were dropped and added.
CREATE TABLE types."Ünïcode ""Table"" 'x' \ 😀" ("id" integer, dropped text, "select" text, "a ""b"" c" integer, "ÄÖ" text, "tab	in name" text, PRIMARY KEY ("a ""b"" c", "select"));
INSERT INTO types."Ünïcode ""Table"" 'x' \ 😀" VALUES (1, 'gone', 'from', 2, 'ü', 'tab'), (2, 'gone', '', -1, NULL, NULL);
ALTER TABLE types."Ünïcode ""Table"" 'x' \ 😀" DROP COLUMN dropped;
ALTER TABLE types."Ünïcode ""Table"" 'x' \ 😀" ADD COLUMN "added ""later""" integer DEFAULT 42;
INSERT INTO types."Ünïcode ""Table"" 'x' \ 😀" VALUES (3, 'where', 7, 'x', 'y', 43);

-- Identity of both kinds and generated columns, whose values may not be given.
CREATE TABLE types.given (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, other integer GENERATED BY DEFAULT AS IDENTITY (START 10 INCREMENT -2 MAXVALUE 10), a integer, twice integer GENERATED ALWAYS AS (a * 2) STORED, b text);
INSERT INTO types.given (a, b) SELECT i, 'b' || i FROM generate_series(1, 50) i;
DELETE FROM types.given WHERE id % 5 = 0;

-- Keys: one table for each type a key can have, with its ends.
CREATE TABLE keys.of_int2 (k smallint PRIMARY KEY, v text);
INSERT INTO keys.of_int2 SELECT i, 'v' || i FROM generate_series(-32768, 32767, 255) i;
CREATE TABLE keys.of_int4 (k integer PRIMARY KEY, v text);
INSERT INTO keys.of_int4 SELECT i, 'v' || i FROM generate_series(-2147483648, 2147483647, 21474836) i;
CREATE TABLE keys.of_int8 (k bigint PRIMARY KEY, v text);
INSERT INTO keys.of_int8 SELECT i, 'v' || i FROM generate_series(-9223372036854775808, 9223372036854775807, 92233720368547758) i;
CREATE TABLE keys.of_uuid (k uuid PRIMARY KEY, v text);
INSERT INTO keys.of_uuid SELECT md5(i::text)::uuid, 'v' || i FROM generate_series(1, 300) i;
INSERT INTO keys.of_uuid VALUES ('00000000-0000-0000-0000-000000000000', 'least'), ('ffffffff-ffff-ffff-ffff-ffffffffffff', 'greatest');
CREATE TABLE keys.of_text (k text PRIMARY KEY, v text);
INSERT INTO keys.of_text SELECT chr(33 + i % 90) || md5(i::text), 'v' || i FROM generate_series(1, 300) i;
INSERT INTO keys.of_text VALUES ('', 'empty'), ('a', 'a'), ('A', 'A'), ('ä', 'ä'), ('a' || chr(769), 'a and a mark'), ('z', 'z'), ('Z', 'Z'), ('😀', 'emoji'), (chr(65533), 'below emoji in UTF-16'), (E'tab\t', 'tab'), ('\N', 'null'), ('a b', ''), ('a-b', ''), ('a' || chr(1), '');
CREATE TABLE keys.of_varchar (k varchar(40) PRIMARY KEY, v text);
INSERT INTO keys.of_varchar SELECT 'Key ' || i, 'v' || i FROM generate_series(1, 200) i;
CREATE TABLE keys.of_bpchar (k char(8) PRIMARY KEY, v text);
INSERT INTO keys.of_bpchar SELECT 'k' || i, 'v' || i FROM generate_series(1, 200) i;
INSERT INTO keys.of_bpchar VALUES ('', 'blanks'), (E'a\t', 'below a blank'), ('a', 'a');
CREATE TABLE keys.of_numeric (k numeric PRIMARY KEY, v text);
INSERT INTO keys.of_numeric SELECT i * 1.10, 'v' || i FROM generate_series(-100, 100) i;
INSERT INTO keys.of_numeric VALUES ('NaN', 'NaN'), ('Infinity', ''), ('-Infinity', ''), (1e300, ''), (1e-300, ''), (123456789012345678901234567890.123456789, '');
CREATE TABLE keys.of_timestamptz (k timestamptz PRIMARY KEY, v text);
INSERT INTO keys.of_timestamptz SELECT '2026-03-29 00:00:00+00'::timestamptz + i * interval '7 minutes 0.000001 seconds', 'v' || i FROM generate_series(1, 300) i;
INSERT INTO keys.of_timestamptz VALUES ('infinity', ''), ('-infinity', ''), ('4713-01-01 00:00:00+00 BC', ''), ('294276-12-31 23:59:59.999999+00', ''), ('1970-01-01 00:00:00+00', 'epoch'), ('1999-12-31 23:59:59.999999+00', 'just before 2000');
CREATE TABLE keys.of_timestamp (k timestamp PRIMARY KEY, v text);
INSERT INTO keys.of_timestamp SELECT '1999-12-31'::timestamp + i * interval '1 hour', 'v' || i FROM generate_series(1, 200) i;
INSERT INTO keys.of_timestamp VALUES ('infinity', ''), ('-infinity', ''), ('4713-01-01 00:00:00 BC', '');
CREATE TABLE keys.of_date (k date PRIMARY KEY, v text);
INSERT INTO keys.of_date SELECT '1999-12-01'::date + i, 'v' || i FROM generate_series(1, 200) i;
INSERT INTO keys.of_date VALUES ('infinity', ''), ('-infinity', ''), ('4713-01-01 BC', ''), ('5874897-12-31', '');
CREATE TABLE keys.of_enum (k types.size PRIMARY KEY, v text);
INSERT INTO keys.of_enum SELECT s, s::text FROM unnest(enum_range(NULL::types.size)) s;
CREATE DOMAIN keys.number AS integer CHECK (VALUE > 0);
CREATE TABLE keys.of_domain (k keys.number PRIMARY KEY, v text);
INSERT INTO keys.of_domain SELECT i, 'v' || i FROM generate_series(1, 200) i;
CREATE TABLE keys.of_bytea (k bytea PRIMARY KEY, v text);
INSERT INTO keys.of_bytea SELECT decode(md5(i::text), 'hex'), 'v' || i FROM generate_series(1, 200) i;
INSERT INTO keys.of_bytea VALUES ('', ''), ('\x00', ''), ('\x0000', ''), ('\xff', '');
CREATE TABLE keys.of_citext (k citext PRIMARY KEY, v text);
INSERT INTO keys.of_citext SELECT CASE i % 2 WHEN 0 THEN 'Key' ELSE 'kEY' END || i, 'v' || i FROM generate_series(1, 200) i;
CREATE TABLE keys.of_boolean (k boolean PRIMARY KEY, v text);
INSERT INTO keys.of_boolean VALUES (true, 't'), (false, 'f');
CREATE TABLE keys.of_float8 (k double precision PRIMARY KEY, v text);
INSERT INTO keys.of_float8 SELECT i / 7.0, 'v' || i FROM generate_series(-100, 100) i WHERE i <> 0;
INSERT INTO keys.of_float8 VALUES ('NaN', ''), ('Infinity', ''), ('-Infinity', ''), ('-0', 'equal to 0'), ('5e-324', '');
CREATE TABLE keys.of_float4 (k real PRIMARY KEY, v text);
INSERT INTO keys.of_float4 SELECT i / 7.0, 'v' || i FROM generate_series(-100, 100) i;
CREATE TABLE keys.of_inet (k inet PRIMARY KEY, v text);
INSERT INTO keys.of_inet SELECT '10.0.0.0'::inet + i * 1000, 'v' || i FROM generate_series(1, 200) i;
INSERT INTO keys.of_inet VALUES ('10.0.0.1/8', ''), ('::1', ''), ('0.0.0.0', '');
CREATE TABLE keys.of_interval (k interval PRIMARY KEY, v text);
INSERT INTO keys.of_interval SELECT i * interval '31 hours', 'v' || i FROM generate_series(-50, 50) i;
CREATE TABLE keys.of_time (k time PRIMARY KEY, v text);
INSERT INTO keys.of_time SELECT '00:00'::time + i * interval '7 minutes', 'v' || i FROM generate_series(1, 200) i;
CREATE TABLE keys.of_jsonb (k jsonb PRIMARY KEY, v text);
INSERT INTO keys.of_jsonb SELECT jsonb_build_object('n', i), 'v' || i FROM generate_series(1, 100) i;
CREATE TABLE keys.of_range (k int4range PRIMARY KEY, v text);
INSERT INTO keys.of_range SELECT int4range(i, i + 3), 'v' || i FROM generate_series(1, 100) i;
CREATE TABLE keys.of_array (k integer[] PRIMARY KEY, v text);
INSERT INTO keys.of_array SELECT ARRAY[i % 10, i], 'v' || i FROM generate_series(1, 100) i;
CREATE TABLE keys.of_composite_type (k types.inner PRIMARY KEY, v text);
INSERT INTO keys.of_composite_type SELECT ROW(i, 'x' || i, 'small')::types.inner, 'v' || i FROM generate_series(1, 50) i;
CREATE TABLE keys.of_collated_text (k text COLLATE types.no_case PRIMARY KEY, v text);
INSERT INTO keys.of_collated_text SELECT 'Ключ ' || i, 'v' || i FROM generate_series(1, 100) i;
-- Keys of several columns, in another order than the columns, of mixed types.
CREATE TABLE keys.of_int4_text (v text, b text, a integer, PRIMARY KEY (a, b));
INSERT INTO keys.of_int4_text SELECT 'v' || i, 'b' || i % 17, i / 17 FROM generate_series(0, 499) i;
CREATE TABLE keys.of_uuid_timestamptz_int2 (u uuid, t timestamptz, n smallint, v text, PRIMARY KEY (u, t, n));
INSERT INTO keys.of_uuid_timestamptz_int2 SELECT md5((i / 20)::text)::uuid, '2026-01-01 00:00:00+00'::timestamptz + (i / 5) * interval '1 day', i % 5, 'v' || i FROM generate_series(1, 300) i;
CREATE TABLE keys.of_text_int8_date_boolean (t text, n bigint, d date, b boolean, v text, PRIMARY KEY (t, n, d, b));
INSERT INTO keys.of_text_int8_date_boolean SELECT 't' || i % 3, i / 10, '2026-01-01'::date + i % 10, i % 2 = 0, 'v' || i FROM generate_series(1, 200) i;
CREATE TABLE keys.of_enum_numeric (e types.size, n numeric(10, 2), v text, PRIMARY KEY (e, n));
INSERT INTO keys.of_enum_numeric SELECT (ARRAY['large', 'small', ''])[1 + i % 3]::types.size, i, 'v' || i FROM generate_series(1, 200) i;
CREATE TABLE keys.of_bytea_citext (b bytea, c citext, v text, PRIMARY KEY (b, c));
INSERT INTO keys.of_bytea_citext SELECT decode(lpad(to_hex(i % 7), 2, '0'), 'hex'), 'C' || i, 'v' || i FROM generate_series(1, 200) i;
-- A key that is deferrable: its values may be equal for a while.
CREATE TABLE keys.of_deferrable (k integer PRIMARY KEY DEFERRABLE INITIALLY DEFERRED, v text);
INSERT INTO keys.of_deferrable SELECT i, 'v' || i FROM generate_series(1, 50) i;
