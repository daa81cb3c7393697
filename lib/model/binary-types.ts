/**
 * The built-in types whose COPY binary form Lastgood can turn into text (engine/values). A table with a column of any
 * other type is captured as COPY text. Their oids are fixed: PostgreSQL never reassigns an oid of its initial catalog.
 *
 * An enum counts as text and a domain as its base type: see `wireTypeOid` in table.ts.
 */
export interface BinaryType {
  readonly name: string;
  readonly oid: number;
  readonly arrayOid: number;
  /** For a range type, the oid of the type of its bounds. */
  readonly boundOid?: number;
}

const scalar = (name: string, oid: number, arrayOid: number): BinaryType => ({ name, oid, arrayOid });

export const BINARY_SCALARS: readonly BinaryType[] = [
  scalar("bool", 16, 1000),
  scalar("bytea", 17, 1001),
  scalar("char", 18, 1002),
  scalar("name", 19, 1003),
  scalar("int8", 20, 1016),
  scalar("int2", 21, 1005),
  scalar("int4", 23, 1007),
  scalar("text", 25, 1009),
  scalar("oid", 26, 1028),
  scalar("json", 114, 199),
  scalar("xml", 142, 143),
  scalar("point", 600, 1017),
  scalar("lseg", 601, 1018),
  scalar("path", 602, 1019),
  scalar("box", 603, 1020),
  scalar("polygon", 604, 1027),
  scalar("line", 628, 629),
  scalar("cidr", 650, 651),
  scalar("float4", 700, 1021),
  scalar("float8", 701, 1022),
  scalar("circle", 718, 719),
  scalar("macaddr8", 774, 775),
  scalar("money", 790, 791),
  scalar("macaddr", 829, 1040),
  scalar("inet", 869, 1041),
  scalar("bpchar", 1042, 1014),
  scalar("varchar", 1043, 1015),
  scalar("date", 1082, 1182),
  scalar("time", 1083, 1183),
  scalar("timestamp", 1114, 1115),
  scalar("timestamptz", 1184, 1185),
  scalar("interval", 1186, 1187),
  scalar("timetz", 1266, 1270),
  scalar("bit", 1560, 1561),
  scalar("varbit", 1562, 1563),
  scalar("numeric", 1700, 1231),
  scalar("uuid", 2950, 2951),
  scalar("pg_lsn", 3220, 3221),
  scalar("tsvector", 3614, 3643),
  scalar("jsonb", 3802, 3807),
];

export const BINARY_RANGES: readonly Required<BinaryType>[] = [
  { name: "int4range", oid: 3904, arrayOid: 3905, boundOid: 23 },
  { name: "numrange", oid: 3906, arrayOid: 3907, boundOid: 1700 },
  { name: "tsrange", oid: 3908, arrayOid: 3909, boundOid: 1114 },
  { name: "tstzrange", oid: 3910, arrayOid: 3911, boundOid: 1184 },
  { name: "daterange", oid: 3912, arrayOid: 3913, boundOid: 1082 },
  { name: "int8range", oid: 3926, arrayOid: 3927, boundOid: 20 },
];

/** Every type a binary layer may hold: oid to name, arrays as `int4[]`. */
export const BINARY_TYPES: ReadonlyMap<number, string> = new Map(
  [...BINARY_SCALARS, ...BINARY_RANGES].flatMap((type) => [
    [type.oid, type.name] as const,
    [type.arrayOid, `${type.name}[]`] as const,
  ]),
);
