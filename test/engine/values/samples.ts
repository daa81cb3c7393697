import fc from "fast-check";

/** Values of one type: literals with the edges of its domain, and binary fields at random over all of it. */
export interface Samples {
  readonly literals: readonly string[];
  readonly random?: fc.Arbitrary<Buffer>;
}

const int = (bytes: 2 | 4 | 8): fc.Arbitrary<Buffer> =>
  fc
    .tuple(fc.uint8Array({ minLength: bytes, maxLength: bytes }), fc.integer({ min: 0, max: bytes * 8 - 1 }))
    .map(([random, shift]) => {
      // All magnitudes, not only the largest: as many values of 8 bits as of 63.
      const field = Buffer.alloc(8);
      field.writeBigInt64BE(BigInt.asIntN(64, BigInt(`0x${Buffer.from(random).toString("hex").padEnd(16, "0")}`)));
      const shifted = field.readBigInt64BE() >> BigInt(64 - bytes * 8 + shift);
      field.writeBigInt64BE(shifted);
      return field.subarray(8 - bytes);
    });

const int64Edges = fc
  .constantFrom("8000000000000000", "7fffffffffffffff", "0000000000000000")
  .map((hex) => Buffer.from(hex, "hex"));

const within = (bytes: 4 | 8, min: bigint, max: bigint): fc.Arbitrary<Buffer> =>
  fc
    .oneof(
      fc.bigInt({ min, max }),
      fc.bigInt({ min: max > 10n ** 16n ? -(10n ** 16n) : min, max: max > 10n ** 16n ? 10n ** 16n : max }),
    )
    .map((value) => {
      const field = Buffer.alloc(8);
      field.writeBigInt64BE(value);
      return field.subarray(8 - bytes);
    });

const raw = (bytes: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((field) => Buffer.from(field));

const joined = (...parts: fc.Arbitrary<Buffer>[]): fc.Arbitrary<Buffer> =>
  fc.tuple(...parts).map((fields) => Buffer.concat(fields));

/** Random bits (all exponents), whole numbers, and short decimals: the three ways to a shortest form. */
const float8 = fc.oneof(
  raw(8),
  fc.double({ noNaN: true }).map((value) => doubleField(Math.round(value))),
  fc
    .tuple(fc.integer({ min: -999_999, max: 999_999 }), fc.integer({ min: -30, max: 30 }))
    .map(([digits, exponent]) => doubleField(Number(`${digits}e${exponent}`))),
  // Where half-way points are short decimals: powers of ten and two, and whole numbers beyond 2^53.
  fc
    .tuple(fc.integer({ min: 50, max: 130 }), fc.integer({ min: -2, max: 2 }))
    .map(([exponent, steps]) => doubleField(2 ** exponent * (1 + steps * Number.EPSILON))),
  fc
    .tuple(fc.integer({ min: 1, max: 9999 }), fc.integer({ min: 12, max: 36 }))
    .map(([digits, exponent]) => doubleField(Number(`${digits}e${exponent}`))),
);

const float4 = fc.oneof(
  raw(4),
  fc
    .tuple(fc.integer({ min: -9_999_999, max: 9_999_999 }), fc.integer({ min: -12, max: 12 }))
    .map(([digits, exponent]) => floatField(Number(`${digits}e${exponent}`))),
  fc
    .tuple(fc.integer({ min: 1, max: 2 ** 24 }), fc.integer({ min: -10, max: 10 }))
    .map(([whole, exponent]) => floatField(whole * 2 ** exponent)),
  fc.integer({ min: -149, max: 127 }).map((exponent) => floatField(2 ** exponent)),
);

export function doubleField(value: number): Buffer {
  const field = Buffer.alloc(8);
  field.writeDoubleBE(value);
  return field;
}

export function floatField(value: number): Buffer {
  const field = Buffer.alloc(4);
  field.writeFloatBE(value);
  return field;
}

const uint16 = (...values: number[]): Buffer => {
  const field = Buffer.alloc(values.length * 2);
  for (const [index, value] of values.entries()) field.writeUInt16BE(value & 0xffff, index * 2);
  return field;
};

const int32 = (value: number): Buffer => {
  const field = Buffer.alloc(4);
  field.writeInt32BE(value);
  return field;
};

const numeric = fc
  .record({
    groups: fc.array(fc.integer({ min: 0, max: 9999 }), { maxLength: 12 }),
    weight: fc.integer({ min: -12, max: 14 }),
    sign: fc.constantFrom(0, 0x4000),
    scale: fc.integer({ min: 0, max: 60 }),
  })
  .map(({ groups, weight, sign, scale }) => uint16(groups.length, weight, sign, scale, ...groups));

/** Words that are often zero, so that every run of zeros occurs. */
const ipv6 = fc
  .array(fc.constantFrom(0, 0, 0, 1, 0xffff, 0xabc), { minLength: 8, maxLength: 8 })
  .map((words) => uint16(...words));

const address = (flag: 0 | 1): fc.Arbitrary<Buffer> => {
  const prefix = (bits: number) => (flag === 1 ? fc.constant(bits) : fc.integer({ min: 0, max: bits }));
  const v4 = fc
    .tuple(prefix(32), raw(4))
    .map(([bits, field]) => Buffer.concat([Buffer.from([2, bits, flag, 4]), field]));
  const v6 = fc
    .tuple(prefix(128), ipv6)
    .map(([bits, field]) => Buffer.concat([Buffer.from([3, bits, flag, 16]), field]));
  return fc.oneof(v4, v6);
};

/** Letters, and everything that some quoting rule treats apart. NUL cannot occur in text. */
const character = fc.constantFrom(..."abNULnul 019\t\n\r\v\f\b\\\"'{}()[],;:.\x01\x1f\x7féß漢😀\u00a0\u2028");
const textBytes = fc.array(character, { maxLength: 12 }).map((letters) => Buffer.from(letters.join("")));

const bits = (most: number): fc.Arbitrary<Buffer> =>
  fc
    .integer({ min: 0, max: most })
    .chain((length) => raw(Math.ceil(length / 8)).map((field) => Buffer.concat([int32(length), field])));

const points = fc
  .array(joined(float8, float8), { minLength: 1, maxLength: 5 })
  .map((list) => Buffer.concat([int32(list.length), ...list]));

const time = within(8, 0n, 86_400_000_000n);
const date = within(4, -2_451_545n, 2_145_031_948n);
const timestamp = within(8, -211_813_488_000_000_000n, 9_223_371_331_199_999_999n);
const zone = within(4, -57_599n, 57_599n);
const positive = fc.double({ min: 0, noNaN: true }).map(doubleField);

const range = (bound: fc.Arbitrary<Buffer>, compare: (left: Buffer, right: Buffer) => number): fc.Arbitrary<Buffer> =>
  fc.tuple(bound, bound, fc.integer({ min: 0, max: 15 })).map(([a, b, flags]) => {
    const [lower, upper] = compare(a, b) <= 0 ? [a, b] : [b, a];
    const unbounded = (flags & 3) << 3;
    const parts: Buffer[] = [Buffer.from([((flags >> 2) << 1) | unbounded])];
    if ((unbounded & 0x08) === 0) parts.push(int32(lower.length), lower);
    if ((unbounded & 0x10) === 0) parts.push(int32(upper.length), upper);
    return Buffer.concat(parts);
  });

const signed = (left: Buffer, right: Buffer): number =>
  left.length === 4
    ? left.readInt32BE() - right.readInt32BE()
    : Number(left.readBigInt64BE() > right.readBigInt64BE()) - Number(left.readBigInt64BE() < right.readBigInt64BE());

const NASTY_TEXT = [
  "",
  " ",
  "NULL",
  "null",
  "nUlL",
  "NULLS",
  "\\N",
  "\\.",
  "\\",
  "\\\\",
  '"',
  "'",
  "a,b",
  "a;b",
  "{}",
  "{",
  "}",
  "()[]",
];
const CONTROL_TEXT = [
  "\b\t\n\v\f\r",
  "\x01\x1f\x7f",
  "tab\there",
  "line\nbreak\r\n",
  " lead",
  "trail ",
  "a b",
  "é漢😀",
  "\u00a0",
  "x".repeat(70_000),
];
const TEXT = [...NASTY_TEXT, ...CONTROL_TEXT];

const FLOATS = [
  "NaN",
  "Infinity",
  "-Infinity",
  "0",
  "-0",
  "1",
  "-1",
  "0.1",
  "1e-4",
  "9.9999e-5",
  "1e-5",
  "123456",
  "1234567",
  "1e5",
  "1e6",
];
const FLOAT4 = [
  ...FLOATS,
  "3.4028235e38",
  "1.1754944e-38",
  "1e-45",
  "1.4e-45",
  "-1e-45",
  "16777216",
  "16777217",
  "2097152.25",
  "999999.9",
  "0.3",
];
const FLOAT8 = [
  ...[...FLOATS, "1e14", "999999999999999", "1e15", "1e16", "1e21", "1e22", "1e23", "9e22", "1.7976931348623157e308"],
  ...["2.2250738585072014e-308", "5e-324", "-5e-324", "9007199254740991", "9007199254740993", "0.30000000000000004"],
  ...["123456789012345.6", "5e-320", "4.35", "2.109808898695963e16", "1e100", "1e-100"],
];

/** At powers of two the gap below is half of the gap above: the hardest cases of the shortest form. */
const POWERS_OF_TWO = Array.from({ length: 2098 }, (_, index) => (2 ** (index - 1074)).toExponential(20));
const FLOAT4_POWERS_OF_TWO = POWERS_OF_TWO.slice(1074 - 149, 1074 + 128);
const POWERS_OF_TEN = Array.from({ length: 632 }, (_, index) => `1e${index - 323}`);

const NUMERIC = [
  ...[
    "0",
    "-0",
    "0.0",
    "0.000000",
    "NaN",
    "Infinity",
    "-Infinity",
    "1",
    "-1",
    "10000",
    "9999",
    "10000.0001",
    "0.0001",
    "0.00001",
  ],
  ...[
    "-0.1000",
    "100000000",
    "1e-16383",
    "1e131071",
    "-1e131071",
    "99999999999999999999.999999999999999999",
    "1.10",
    "00012.500",
  ],
  ...[
    "0.00000000000000000000000000000000000000001",
    "12345678901234567890",
    "1e20",
    "1e-20",
    "10000000000000000.00000000000000001",
  ],
];

const DATES = [
  "0001-01-01",
  "0001-12-31 BC",
  "0044-03-15 BC",
  "4714-11-24 BC",
  "5874897-12-31",
  "infinity",
  "-infinity",
  "2000-01-01",
];
const MORE_DATES = [
  "1999-12-31",
  "2000-02-29",
  "1900-02-28",
  "1900-03-01",
  "0005-02-29 BC",
  "0004-02-28 BC",
  "9999-12-31",
  "10000-01-01",
  "1970-01-01",
];

const STAMPS = [
  ...[
    "infinity",
    "-infinity",
    "4714-11-24 00:00:00 BC",
    "294276-12-31 23:59:59.999999",
    "2000-01-01",
    "1999-12-31 23:59:59.999999",
  ],
  ...[
    "0001-01-01 00:00:00",
    "0001-12-31 23:59:59.5 BC",
    "2026-11-20 12:34:56.7",
    "2026-11-20 12:34:56.000001",
    "1714-08-01 00:00:00.1",
  ],
  ...["2285-06-05 23:59:59.254741", "2285-06-05 23:59:59.254742", "10000-01-01 01:02:03"],
];

const INTERVALS = [
  ...[
    "0",
    "1 year",
    "-1 year",
    "2 years -3 mons",
    "-1 year 2 mons",
    "1 mon -1 day",
    "-1 day 1 hour",
    "1 day -1 hour",
    "-1 mon 1 day -1 us",
  ],
  ...[
    "-1 year +2 mons -3 days 04:05:06.7",
    "1 us",
    "-1 us",
    "-0.5 seconds",
    "100 hours",
    "-100:00:00.000001",
    "1 day",
    "-1 days",
    "2 days",
  ],
  ...[
    "178956970 years 7 mons",
    "-178956970 years -8 mons",
    "2147483647 days",
    "-2147483648 days",
    "2562047788:00:54.775807",
  ],
  ...["-2562047788:00:54.775807", "12 mons", "11 mons", "-12 mons", "-11 mons -1 day"],
];

const ADDRESSES6 = [
  ...[
    "::",
    "::1",
    "::2",
    "::ffff:1.2.3.4",
    "::ffff:0:1.2.3.4",
    "::1.2.3.4",
    "1::",
    "1::8",
    "2001:db8::",
    "2001:db8:0:0:1:0:0:1",
  ],
  ...[
    "2001:0:0:1:0:0:0:1",
    "1:2:3:4:5:6:7:8",
    "0:0:0:0:0:1:0:0",
    "1:0:1:0:1:0:1:0",
    "::ffff:0:0",
    "64:ff9b::192.0.2.33",
    "0:1::",
  ],
  ...["1:2:3:4:5:6:7:0", "0:2:3:4:5:6:7:8", "0:0:3:4:5:6:0:0", "::ffff:ffff:ffff", "fe80::abcd:0:0:1"],
];

const POINTS = ["(0,-0)", "(NaN,Infinity)", "(-Infinity,1e300)", "(1.5,-2.25)", "(5e-324,1e15)"];
const twoPoints = POINTS.map((point, index) => `${point},${POINTS[(index + 1) % POINTS.length]}`);

const TSVECTORS = [
  ...["", "a", "a b c", "a:1", "a:1A,2B,3C,4D", "'it''s':1 'back\\\\slash':2", "' ':1", "'tab\there'", "b:16383 a:5A"],
  ...["'漢字':3C é:1", "':,':4", "x:1,2,3,4,5,6,7,8,9,10", "'a'':1'"],
];

const NESTED_JSON = '{"a":[1,2,{"b":null}],"c":"\\u00e9\\n\\"","d":1e400,"e":-0.0}';
const JSON_TEXT = [
  "null",
  "true",
  "0",
  '""',
  "{}",
  "[]",
  " { } ",
  '"a\\tb"',
  '{"b":1,"a":2,"b":3}',
  '"\\\\"',
  NESTED_JSON,
  '"漢😀"',
  "1.0000000000000000000000000001",
];

const XML = [
  "<a/>",
  "text",
  "",
  '<?xml version="1.0" encoding="UTF-8"?><a>é</a>',
  '<?xml version="1.0" standalone="yes"?><a/>',
  '<?xml version="1.1"?><a/>',
  "<a>\n\t\\</a>",
  "<!-- c --><a b='1'/>",
];

/** By type name as in BINARY_TYPES. `random` is left out where a random field is rarely a value. */
export const SAMPLES: Readonly<Record<string, Samples>> = {
  bool: { literals: ["t", "f"] },
  bytea: {
    literals: ["", "\\x00", "\\x5c", "\\xdeadbeef", `\\x${"ab".repeat(5000)}`],
    random: fc.uint8Array({ maxLength: 40 }).map((field) => Buffer.from(field)),
  },
  char: { literals: ["", "a", "\\", '"', "{", " ", "'", ",", "\t", "\x01", "\x7f", "\n"] },
  name: { literals: ["", "a", 'Quoted "name"', "é\\", "NULL", "x".repeat(63)] },
  int2: { literals: ["0", "-1", "32767", "-32768"], random: int(2) },
  int4: { literals: ["0", "-1", "2147483647", "-2147483648"], random: int(4) },
  int8: {
    literals: [
      "0",
      "-1",
      "9223372036854775807",
      "-9223372036854775808",
      "9007199254740991",
      "9007199254740992",
      "9007199254740993",
      "-9007199254740992",
      "-9007199254740993",
      "4294967296",
    ],
    random: int(8),
  },
  oid: { literals: ["0", "4294967295", "2147483648"], random: raw(4) },
  text: { literals: TEXT, random: textBytes },
  varchar: { literals: TEXT, random: textBytes },
  bpchar: { literals: TEXT, random: textBytes },
  json: { literals: JSON_TEXT },
  jsonb: { literals: JSON_TEXT },
  xml: { literals: XML },
  uuid: { literals: ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"], random: raw(16) },
  float4: { literals: [...FLOAT4, ...FLOAT4_POWERS_OF_TWO], random: float4 },
  float8: { literals: [...FLOAT8, ...POWERS_OF_TWO, ...POWERS_OF_TEN], random: float8 },
  numeric: { literals: NUMERIC, random: numeric },
  money: {
    literals: [
      "0",
      "0.01",
      "-0.01",
      "0.10",
      "-1",
      "999.99",
      "1000",
      "-1000",
      "-999999.99",
      "1000000",
      "92233720368547758.07",
      "-92233720368547758.08",
    ],
    random: int(8),
  },
  date: { literals: [...DATES, ...MORE_DATES], random: date },
  time: {
    literals: ["00:00:00", "24:00:00", "23:59:59.999999", "12:00:00.1", "01:02:03.000001", "00:00:59.90"],
    random: time,
  },
  timetz: {
    literals: [
      "00:00:00+00",
      "24:00:00-15:59:59",
      "12:00:00.5+15:59:59",
      "01:02:03+05:30",
      "01:02:03-00:00:01",
      "01:02:03+00:01",
      "23:59:59.999999-08",
    ],
    random: joined(time, zone),
  },
  timestamp: { literals: STAMPS, random: timestamp },
  timestamptz: { literals: STAMPS, random: timestamp },
  interval: { literals: INTERVALS, random: joined(fc.oneof(int(8), int64Edges), int(4), int(4)) },
  bit: { literals: ["", "0", "1", "10101010", "101010101", "1".repeat(1000)], random: bits(70) },
  varbit: { literals: ["", "0", "1", "10101010", "101010101", "0".repeat(1000)], random: bits(70) },
  inet: {
    literals: [
      "0.0.0.0",
      "0.0.0.0/0",
      "255.255.255.255",
      "10.1.2.3/8",
      "1.2.3.4/31",
      ...ADDRESSES6,
      "::/0",
      "fe80::1/64",
      "::ffff:1.2.3.4/96",
    ],
    random: address(0),
  },
  cidr: {
    literals: [
      "0.0.0.0/0",
      "10.0.0.0/8",
      "255.255.255.255",
      "192.168.4.0/23",
      ...ADDRESSES6,
      "::/0",
      "2001:db8::/32",
      "::ffff:1.2.0.0/112",
    ],
    random: address(1),
  },
  macaddr: { literals: ["00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "08:00:2b:01:02:03"], random: raw(6) },
  macaddr8: { literals: ["00:00:00:00:00:00:00:00", "08:00:2b:01:02:03:04:05"], random: raw(8) },
  point: { literals: POINTS, random: joined(float8, float8) },
  lseg: { literals: twoPoints.map((pair) => `[${pair}]`), random: joined(float8, float8, float8, float8) },
  box: { literals: twoPoints, random: joined(float8, float8, float8, float8) },
  path: {
    literals: [...twoPoints.map((pair) => `[${pair}]`), "((1,2))", "((0,0),(1,1),(1,0))"],
    random: joined(fc.constantFrom(Buffer.of(0), Buffer.of(1)), points),
  },
  polygon: { literals: ["((1,2))", "((0,0),(1,1),(1e20,-0))"], random: points },
  line: { literals: ["{1,-1,0}", "{0,1,-0}", "{NaN,1,Infinity}", "[(0,0),(1,2)]"] },
  circle: {
    literals: ["<(0,0),0>", "<(-0,1e-5),1e300>", "<(NaN,1),Infinity>"],
    random: joined(float8, float8, positive),
  },
  pg_lsn: { literals: ["0/0", "FFFFFFFF/FFFFFFFF", "16/B374D848", "A/0"], random: raw(8) },
  tsvector: { literals: TSVECTORS },
  int4range: {
    literals: ["empty", "(,)", "[1,5)", "(,-2147483648)", "[-2147483648,2147483647)", "[7,)"],
    random: range(int(4), signed),
  },
  int8range: {
    literals: ["empty", "(,)", "[-9223372036854775808,9223372036854775807)", "(1,5]"],
    random: range(int(8), signed),
  },
  numrange: { literals: ["empty", "(,)", "[1.0,1.00]", "(-Infinity,Infinity)", "[NaN,NaN]", "(0.1,1e30]"] },
  tsrange: {
    literals: [
      "empty",
      "(,)",
      "[-infinity,infinity]",
      '["0044-03-15 12:00:00 BC",2026-01-01)',
      "(2000-01-01,2000-01-01 00:00:00.5]",
    ],
    random: range(timestamp, signed),
  },
  tstzrange: {
    literals: ["empty", "(,)", "[-infinity,infinity]", '("0044-03-15 12:00:00+00 BC",)'],
    random: range(timestamp, signed),
  },
  daterange: {
    literals: ["empty", "(,)", "[2026-01-01,2026-01-31]", '["0044-03-15 BC",infinity)', "(,infinity]"],
    random: range(within(4, -2_451_545n, 2_145_031_000n), signed),
  },
};
