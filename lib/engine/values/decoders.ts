import { BINARY_RANGES, BINARY_SCALARS } from "../../model/binary-types.ts";
import { arrayDecoder } from "./array.ts";
import { date, time, timestamp, timestamptz, timetz } from "./date.ts";
import type { Decode } from "./field.ts";
import { float4, float8 } from "./float.ts";
import { box, circle, line, lseg, path, point, polygon } from "./geometry.ts";
import { interval } from "./interval.ts";
import { cidr, inet, macaddr, macaddr8 } from "./network.ts";
import { numeric } from "./numeric.ts";
import { rangeDecoder } from "./range.ts";
import { bits, bool, bytea, char, int2, int4, int8, jsonb, money, oid, pgLsn, text, uuid } from "./scalar.ts";
import { tsvector } from "./tsvector.ts";

const SCALAR_DECODERS: ReadonlyMap<string, Decode> = new Map(
  Object.entries({
    ...{ bool, bytea, char, name: text, int8, int2, int4, text, oid, json: text, xml: text, jsonb, uuid, money },
    ...{ bpchar: text, varchar: text, float4, float8, numeric, bit: bits, varbit: bits, pg_lsn: pgLsn, tsvector },
    ...{ date, time, timestamp, timestamptz, timetz, interval, cidr, inet, macaddr, macaddr8 },
    ...{ point, lseg, path, box, polygon, line, circle },
  }),
);

const scalarDecoder = (name: string): Decode => {
  const decode = SCALAR_DECODERS.get(name);
  if (decode === undefined) throw new TypeError(`type ${name} is in BINARY_SCALARS and has no decoder`);
  return decode;
};

const decoders = new Map<number, Decode>();
for (const type of BINARY_SCALARS) decoders.set(type.oid, scalarDecoder(type.name));
for (const type of BINARY_RANGES) {
  const bound = decoders.get(type.boundOid);
  if (bound === undefined) throw new TypeError(`range ${type.name} has bounds of a type without a decoder`);
  decoders.set(type.oid, rangeDecoder(type.name, bound));
}
for (const { name, oid, arrayOid } of [...BINARY_SCALARS, ...BINARY_RANGES]) {
  const decode = decoders.get(oid);
  if (decode !== undefined) decoders.set(arrayOid, arrayDecoder({ name, oid, decode }));
}

/** The decoder of every type of BINARY_TYPES, by oid. */
export const DECODERS: ReadonlyMap<number, Decode> = decoders;
