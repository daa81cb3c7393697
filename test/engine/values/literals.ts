/** Literals at the edges of each type's domain, by type name as in BINARY_TYPES. */

const words = (list: string): readonly string[] => list.split(" ");
const items = (list: string): readonly string[] => list.split("|");

/** Everything that some quoting or escaping rule treats apart. */
const TEXT = [
  ...items(String.raw`| |NULL|null|nUlL|NULLS|\N|\.|\|\\|"|'|a,b|a;b|{}|{|}|()[]| lead|trail |a b|é漢😀`),
  ...["\b\t\n\v\f\r", "\x01\x1f\x7f", "tab\there", "line\nbreak\r\n", "\u00a0", "x".repeat(70_000)],
];

/** At powers of two the gap below is half of the gap above: the hardest cases of the shortest form. */
const POWERS_OF_TWO = Array.from({ length: 2098 }, (_, index) => (2 ** (index - 1074)).toExponential(20));
const FLOAT4_POWERS_OF_TWO = POWERS_OF_TWO.slice(1074 - 149, 1074 + 128);
const POWERS_OF_TEN = Array.from({ length: 632 }, (_, index) => `1e${index - 323}`);

const STAMPS = [
  ...items("infinity|-infinity|4714-11-24 00:00:00 BC|294276-12-31 23:59:59.999999|2000-01-01"),
  ...items("1999-12-31 23:59:59.999999|0001-01-01 00:00:00|0001-12-31 23:59:59.5 BC|2026-11-20 12:34:56.7"),
  ...items("2026-11-20 12:34:56.000001|1714-08-01 00:00:00.1|2285-06-05 23:59:59.254741"),
  ...items("2285-06-05 23:59:59.254742|10000-01-01 01:02:03"),
];

const JSON_TEXT = [
  ...items(String.raw`null|true|0|""|{}|[]| { } |"a\tb"|{"b":1,"a":2,"b":3}|"\\"`),
  ...items(
    String.raw`{"a":[1,2,{"b":null}],"c":"\u00e9\n\"","d":1e400,"e":-0.0}|"漢😀"|1.0000000000000000000000000001`,
  ),
];

export const LITERALS: Readonly<Record<string, readonly string[]>> = {
  bool: words("t f"),
  bytea: ["", "\\x00", "\\x5c", "\\xdeadbeef", `\\x${"ab".repeat(5000)}`],
  char: [...items(String.raw`|a|\|"|{| |'|,`), "\t", "\x01", "\x7f", "\n"],
  name: ["", "a", 'Quoted "name"', "é\\", "NULL", "x".repeat(63)],
  int2: words("0 -1 32767 -32768"),
  int4: words("0 -1 2147483647 -2147483648"),
  int8: [
    ...words("0 -1 9223372036854775807 -9223372036854775808 9007199254740991 9007199254740992"),
    ...words("9007199254740993 -9007199254740992 -9007199254740993 4294967296"),
  ],
  oid: words("0 4294967295 2147483648"),
  text: TEXT,
  varchar: TEXT,
  bpchar: TEXT,
  json: JSON_TEXT,
  jsonb: JSON_TEXT,
  xml: [
    ...items(String.raw`<a/>|text||<?xml version="1.0" encoding="UTF-8"?><a>é</a>`),
    ...items(String.raw`<?xml version="1.0" standalone="yes"?><a/>|<?xml version="1.1"?><a/>|<!-- c --><a b='1'/>`),
    "<a>\n\t\\</a>",
  ],
  uuid: words("00000000-0000-0000-0000-000000000000 ffffffff-ffff-ffff-ffff-ffffffffffff"),
  float4: [
    ...words("NaN Infinity -Infinity 0 -0 1 -1 0.1 1e-4 9.9999e-5 1e-5 123456 1234567 1e5 1e6 3.4028235e38"),
    ...words("1.1754944e-38 1e-45 1.4e-45 -1e-45 16777216 16777217 2097152.25 999999.9 0.3"),
    ...FLOAT4_POWERS_OF_TWO,
  ],
  float8: [
    ...words("NaN Infinity -Infinity 0 -0 1 -1 0.1 1e-4 9.9999e-5 1e-5 123456 1234567 1e5 1e6 1e14"),
    ...words("999999999999999 1e15 1e16 1e21 1e22 1e23 9e22 1.7976931348623157e308 2.2250738585072014e-308"),
    ...words("5e-324 -5e-324 9007199254740991 9007199254740993 0.30000000000000004 123456789012345.6 5e-320"),
    ...words("4.35 2.109808898695963e16 1e100 1e-100"),
    ...POWERS_OF_TWO,
    ...POWERS_OF_TEN,
  ],
  numeric: [
    ...words("0 -0 0.0 0.000000 NaN Infinity -Infinity 1 -1 10000 9999 10000.0001 0.0001 0.00001 -0.1000"),
    ...words("100000000 1e-16383 1e131071 -1e131071 99999999999999999999.999999999999999999 1.10 00012.500"),
    ...words("0.00000000000000000000000000000000000000001 12345678901234567890 1e20 1e-20"),
    ...words("10000000000000000.00000000000000001"),
  ],
  money: [
    ...words("0 0.01 -0.01 0.10 -1 999.99 1000 -1000 -999999.99 1000000 92233720368547758.07"),
    ...words("-92233720368547758.08"),
  ],
  date: [
    ...items("0001-01-01|0001-12-31 BC|0044-03-15 BC|4714-11-24 BC|5874897-12-31|infinity|-infinity"),
    ...items("2000-01-01|1999-12-31|2000-02-29|1900-02-28|1900-03-01|0005-02-29 BC|0004-02-28 BC|9999-12-31"),
    ...items("10000-01-01|1970-01-01"),
  ],
  time: words("00:00:00 24:00:00 23:59:59.999999 12:00:00.1 01:02:03.000001 00:00:59.90"),
  timetz: [
    ...words("00:00:00+00 24:00:00-15:59:59 12:00:00.5+15:59:59 01:02:03+05:30 01:02:03-00:00:01"),
    ...words("01:02:03+00:01 23:59:59.999999-08"),
  ],
  timestamp: STAMPS,
  timestamptz: STAMPS,
  interval: [
    ...items("0|1 year|-1 year|2 years -3 mons|-1 year 2 mons|1 mon -1 day|-1 day 1 hour|1 day -1 hour"),
    ...items("-1 mon 1 day -1 us|-1 year +2 mons -3 days 04:05:06.7|1 us|-1 us|-0.5 seconds|100 hours"),
    ...items("-100:00:00.000001|1 day|-1 days|2 days|178956970 years 7 mons|-178956970 years -8 mons"),
    ...items("2147483647 days|-2147483648 days|2562047788:00:54.775807|-2562047788:00:54.775807|12 mons"),
    ...items("11 mons|-12 mons|-11 mons -1 day"),
  ],
  bit: ["", "0", "1", "10101010", "101010101", "1".repeat(1000)],
  varbit: ["", "0", "1", "10101010", "101010101", "0".repeat(1000)],
  inet: [
    ...words("0.0.0.0 0.0.0.0/0 255.255.255.255 10.1.2.3/8 1.2.3.4/31 :: ::1 ::2 ::ffff:1.2.3.4"),
    ...words("::ffff:0:1.2.3.4 ::1.2.3.4 1:: 1::8 2001:db8:: 2001:db8:0:0:1:0:0:1 2001:0:0:1:0:0:0:1"),
    ...words("1:2:3:4:5:6:7:8 0:0:0:0:0:1:0:0 1:0:1:0:1:0:1:0 ::ffff:0:0 64:ff9b::192.0.2.33 0:1::"),
    ...words("1:2:3:4:5:6:7:0 0:2:3:4:5:6:7:8 0:0:3:4:5:6:0:0 ::ffff:ffff:ffff fe80::abcd:0:0:1 ::/0"),
    ...words("fe80::1/64 ::ffff:1.2.3.4/96"),
  ],
  cidr: [
    ...words("0.0.0.0/0 10.0.0.0/8 255.255.255.255 192.168.4.0/23 :: ::1 ::2 ::ffff:1.2.3.4 ::ffff:0:1.2.3.4"),
    ...words("::1.2.3.4 1:: 1::8 2001:db8:: 2001:db8:0:0:1:0:0:1 2001:0:0:1:0:0:0:1 1:2:3:4:5:6:7:8"),
    ...words("0:0:0:0:0:1:0:0 1:0:1:0:1:0:1:0 ::ffff:0:0 64:ff9b::192.0.2.33 0:1:: 1:2:3:4:5:6:7:0"),
    ...words("0:2:3:4:5:6:7:8 0:0:3:4:5:6:0:0 ::ffff:ffff:ffff fe80::abcd:0:0:1 ::/0 2001:db8::/32"),
    ...words("::ffff:1.2.0.0/112"),
  ],
  macaddr: words("00:00:00:00:00:00 ff:ff:ff:ff:ff:ff 08:00:2b:01:02:03"),
  macaddr8: words("00:00:00:00:00:00:00:00 08:00:2b:01:02:03:04:05"),
  point: words("(0,-0) (NaN,Infinity) (-Infinity,1e300) (1.5,-2.25) (5e-324,1e15)"),
  lseg: [
    ...words("[(0,-0),(NaN,Infinity)] [(NaN,Infinity),(-Infinity,1e300)] [(-Infinity,1e300),(1.5,-2.25)]"),
    ...words("[(1.5,-2.25),(5e-324,1e15)] [(5e-324,1e15),(0,-0)]"),
  ],
  box: [
    ...words("(0,-0),(NaN,Infinity) (NaN,Infinity),(-Infinity,1e300) (-Infinity,1e300),(1.5,-2.25)"),
    ...words("(1.5,-2.25),(5e-324,1e15) (5e-324,1e15),(0,-0)"),
  ],
  path: [
    ...words("[(0,-0),(NaN,Infinity)] [(NaN,Infinity),(-Infinity,1e300)] [(-Infinity,1e300),(1.5,-2.25)]"),
    ...words("[(1.5,-2.25),(5e-324,1e15)] [(5e-324,1e15),(0,-0)] ((1,2)) ((0,0),(1,1),(1,0))"),
  ],
  polygon: words("((1,2)) ((0,0),(1,1),(1e20,-0))"),
  line: words("{1,-1,0} {0,1,-0} {NaN,1,Infinity} [(0,0),(1,2)]"),
  circle: words("<(0,0),0> <(-0,1e-5),1e300> <(NaN,1),Infinity>"),
  pg_lsn: words("0/0 FFFFFFFF/FFFFFFFF 16/B374D848 A/0"),
  tsvector: [
    ...items(String.raw`|a|a b c|a:1|a:1A,2B,3C,4D|'it''s':1 'back\\slash':2|' ':1|b:16383 a:5A|'漢字':3C é:1|':,':4`),
    ...items("x:1,2,3,4,5,6,7,8,9,10|'a'':1'"),
    "'tab\there'",
  ],
  int4range: words("empty (,) [1,5) (,-2147483648) [-2147483648,2147483647) [7,)"),
  int8range: words("empty (,) [-9223372036854775808,9223372036854775807) (1,5]"),
  numrange: words("empty (,) [1.0,1.00] (-Infinity,Infinity) [NaN,NaN] (0.1,1e30]"),
  tsrange: [
    ...items(String.raw`empty|(,)|[-infinity,infinity]|["0044-03-15 12:00:00 BC",2026-01-01)`),
    ...items("(2000-01-01,2000-01-01 00:00:00.5]"),
  ],
  tstzrange: items(String.raw`empty|(,)|[-infinity,infinity]|("0044-03-15 12:00:00+00 BC",)`),
  daterange: items(String.raw`empty|(,)|[2026-01-01,2026-01-31]|["0044-03-15 BC",infinity)|(,infinity]`),
};
