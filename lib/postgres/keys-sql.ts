import { BINARY_TYPES } from "../model/binary-types.ts";
import { keyFieldBytesMax, readKeyField, writeKeyField } from "../model/key.ts";
import type { KeyColumn, TableColumn, TableFacts } from "../model/table.ts";

/** Quotes an identifier. */
export const ident = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** The table itself, without its children. */
export const onlyTable = (table: TableFacts): string => `ONLY ${ident(table.schema)}.${ident(table.name)}`;

const SEND_WITH_UNDERSCORE =
  /^(date|time|timetz|timestamp|timestamptz|interval|numeric|bit|varbit|inet|cidr|macaddr|macaddr8|pg_lsn|uuid|jsonb)$/;
const TIMESTAMPTZ_OID = 1184;
const SECOND_US = 1_000_000n;
const MINUTE_US = 60n * SECOND_US;
const DAY_US = 1440n * MINUTE_US;
const TEXT_LIKE_OIDS = [25, 1043]; // text and varchar; enums are 25 too.

/**
 * SQL for the primary key of one table, column by column as its KeyOrder says. What the server orders, compares and
 * hashes here, engine/key.ts orders, compares and hashes on the COPY fields; both must agree on every value.
 *
 * Order:
 * - `int2 int4 int8 date timestamp uuid`: the plain column.
 * - `text`: the column under COLLATE "C", the plain column if that is its collation already, so that its index serves.
 * - `send`: the type's send function; of text, varchar and enums the UTF-8 bytes of the value.
 * - `output`: the UTF-8 bytes of the type's output function. `concat` calls it; a cast to text would not always
 *   (`true` for a COPY's `t`, and `char(n)` without its blanks).
 *
 * Hash: of the columns in key order, each under the hash of those before it, the first under the seed:
 * - `int2 int4`: hashint2extended, hashint4extended; `uuid`: uuid_hash_extended
 * - `int8`: hashint8extended, then hashint4extended of the upper half: the former folds both halves into one, so that
 *   1 and 2^32 would be the same key to it
 * - `text`: hashtextextended under COLLATE "C"
 * - `date timestamp send output`: hashtextextended of the lower-case hex of the bytes of the COPY field (for all
 *   but `output` what the type's send function gives)
 *
 * Values of the first column come and go as its bytes in the key (model/key.ts) in hex.
 */
export class KeySql {
  readonly #table: TableFacts;
  readonly #key: readonly KeyColumn[];
  readonly #databaseCollationIsC: boolean;

  /** @param databaseCollationIsC  whether the database's own collation orders by UTF-8 bytes */
  constructor(table: TableFacts, databaseCollationIsC: boolean) {
    this.#table = table;
    this.#key = table.key ?? [];
    this.#databaseCollationIsC = databaseCollationIsC;
  }

  get columns(): string {
    return this.#key.map((column) => ident(column.name)).join(", ");
  }

  /** `ORDER BY` clause, empty without a key. */
  get orderBy(): string {
    return this.#key.length === 0 ? "" : ` ORDER BY ${this.#key.map((column) => this.#ordered(column)).join(", ")}`;
  }

  /** The first column in its order. */
  get first(): string {
    return this.#ordered(this.#firstColumn());
  }

  /** A value of the first column as what `first` is compared with. The planner folds it into a constant. */
  literal(firstColumnHex: string): string {
    const column = this.#firstColumn();
    const { field } = readKeyField(column.order, Buffer.from(firstColumnHex, "hex"), 0);
    switch (column.order) {
      case "int2":
        return `'${field.readInt16BE(0)}'::int2`;
      case "int4":
        return `'${field.readInt32BE(0)}'::int4`;
      case "int8":
        return `'${field.readBigInt64BE(0)}'::int8`;
      case "uuid":
        return `'${field.toString("hex")}'::uuid`;
      case "text":
        return `'${field.toString("utf8").replaceAll("'", "''")}'::text`;
      case "date":
        return dateLiteral(field.readInt32BE(0));
      case "timestamp":
        return timestampLiteral(field.readBigInt64BE(0), this.#column(column).wireTypeOid === TIMESTAMPTZ_OID);
      case "send":
      case "output":
        return `'\\x${field.toString("hex")}'::bytea`;
    }
  }

  /** The COPY field of the first column (binary, or UTF-8 text for `text` and `output`) in hex, to be read by `firstColumnHex`. */
  get firstField(): string {
    return `encode(${this.#field(this.#firstColumn())}, 'hex')`;
  }

  firstColumnHex(fieldHex: string): string {
    const field = Buffer.from(fieldHex, "hex");
    const key = Buffer.alloc(keyFieldBytesMax(field.length));
    return key.toString("hex", 0, writeKeyField(this.#firstColumn().order, field, 0, field.length, key, 0));
  }

  /** @param seed  signed 64-bit decimal */
  hash(seed: string): string {
    return this.#key.reduce((under, column) => this.#hashed(column, under), `'${BigInt(seed)}'::int8`);
  }

  #hashed(column: KeyColumn, under: string): string {
    const name = ident(column.name);
    switch (column.order) {
      case "int2":
      case "int4":
        return `hash${column.order}extended(${name}, ${under})`;
      case "int8":
        return `hashint4extended((${name} >> 32)::int4, hashint8extended(${name}, ${under}))`;
      case "uuid":
        return `uuid_hash_extended(${name}, ${under})`;
      case "text":
        return `hashtextextended(${name} COLLATE "C", ${under})`;
      case "date":
      case "timestamp":
      case "send":
      case "output":
        return `hashtextextended(encode(${this.#field(column)}, 'hex') COLLATE "C", ${under})`;
    }
  }

  #ordered(column: KeyColumn): string {
    const name = ident(column.name);
    switch (column.order) {
      case "text":
        return this.#collationIsC(column) ? name : `${name} COLLATE "C"`;
      case "send":
      case "output":
        return this.#field(column);
      default:
        return name;
    }
  }

  #collationIsC(column: KeyColumn): boolean {
    const { collationSql } = this.#column(column);
    if (collationSql === undefined) return this.#databaseCollationIsC;
    return /^pg_catalog\.("C"|"POSIX"|ucs_basic)$/.test(collationSql);
  }

  /** The bytes that the column's order is defined on. */
  #field(column: KeyColumn): string {
    const name = ident(column.name);
    if (column.order === "output") return `convert_to(concat(${name}), 'UTF8')`;
    const { wireTypeOid } = this.#column(column);
    if (TEXT_LIKE_OIDS.includes(wireTypeOid)) return `convert_to(${name}::text, 'UTF8')`;
    const type = BINARY_TYPES.get(wireTypeOid);
    if (type === undefined) throw new TypeError(`key order ${column.order} needs a type with a binary form`);
    if (type.endsWith("[]")) return `array_send(${name})`;
    if (type.endsWith("range")) return `range_send(${name})`;
    if (type === "money") return `cash_send(${name})`;
    return `${SEND_WITH_UNDERSCORE.test(type) ? `${type}_send` : `${type}send`}(${name})`;
  }

  #column(column: KeyColumn): TableColumn {
    const found = this.#table.columns[column.position];
    if (found === undefined) throw new TypeError(`key column ${column.name} is not a column of its table`);
    return found;
  }

  #firstColumn(): KeyColumn {
    const [column] = this.#key;
    if (column === undefined) throw new TypeError(`table ${this.#table.name} has no primary key`);
    return column;
  }
}

/** @param days  since 2000-01-01; the ends of the range stand for the infinities */
function dateLiteral(days: number): string {
  if (days === 2 ** 31 - 1) return "'infinity'::date";
  if (days === -(2 ** 31)) return "'-infinity'::date";
  return `('2000-01-01'::date + '${days}'::int4)`;
}

/** @param microseconds  since 2000-01-01; the ends of the range stand for the infinities */
function timestampLiteral(microseconds: bigint, withZone: boolean): string {
  const type = withZone ? "timestamptz" : "timestamp";
  if (microseconds === 2n ** 63n - 1n) return `'infinity'::${type}`;
  if (microseconds === -(2n ** 63n)) return `'-infinity'::${type}`;
  // Days, minutes and seconds apart: seconds are a double there, exact to the microsecond below a minute.
  const inDay = ((microseconds % DAY_US) + DAY_US) % DAY_US;
  const days = (microseconds - inDay) / DAY_US;
  const inMinute = inDay % MINUTE_US;
  const seconds = `${inMinute / SECOND_US}.${`${inMinute % SECOND_US}`.padStart(6, "0")}`;
  const interval = `make_interval(days => '${days}', mins => ${(inDay - inMinute) / MINUTE_US}, secs => ${seconds})`;
  const at = `('2000-01-01'::timestamp + ${interval})`;
  return withZone ? `(${at} AT TIME ZONE 'UTC')` : at;
}
