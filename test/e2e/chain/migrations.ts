import type { Random } from "./random.ts";
import { AGE_COLUMN, isAged, moment, PARTITIONS, TABLES, type TableKind } from "./tables.ts";

/** What earlier migrations made of the schema, as far as later ones must know. */
export class SchemaNow {
  readonly extraColumns = new Map<string, string[]>();
  readonly extraTables = new Set<string>();
  readonly detached = new Set<number>();
  labels = ["calm", "glad", "sad"];
  #names = 0;

  fresh(prefix: string): string {
    this.#names += 1;
    return `${prefix}${this.#names}`;
  }
}

export interface Migration {
  readonly sql: string;
  /** Takes note of what has changed, once it has. */
  readonly done?: () => void;
}

type Propose = (random: Random, schema: SchemaNow) => Migration | undefined;

const keyed = TABLES.filter((table) => table.hasPrimaryKey);
const aged = TABLES.map(({ name }) => name).filter(isAged);
const leaf = (table: TableKind, random: Random): string =>
  table.name === "parts" ? `parts_${random.pick(PARTITIONS)}` : table.name;
const filled = (name: string): string => `CREATE TABLE ${name} (id int PRIMARY KEY, v text, n int);
  INSERT INTO ${name} SELECT i, '${name} ' || i, i FROM generate_series(1, 40) i`;

/** Statements that take the table for themselves for a moment: each is a transaction of its own. */
export const MIGRATIONS: Readonly<Record<string, Propose>> = {
  truncate: (random) => ({ sql: `TRUNCATE ${leaf(random.pick(TABLES), random)}` }),
  "truncate and refill with the same keys": (random) => {
    const table = leaf(random.pick(TABLES), random);
    return {
      sql: `BEGIN; CREATE TEMP TABLE kept ON COMMIT DROP AS SELECT * FROM ${table}; TRUNCATE ${table};
        INSERT INTO ${table} SELECT * FROM kept; UPDATE ${table} SET n = -n WHERE n % 3 = 0; COMMIT`,
    };
  },
  "truncate, rolled back": (random) => {
    const table = leaf(random.pick(TABLES), random);
    return { sql: `BEGIN; TRUNCATE ${table}; ROLLBACK` };
  },
  "truncate, rolled back to a savepoint": (random) => {
    const table = leaf(random.pick(keyed), random);
    return {
      sql: `BEGIN; SAVEPOINT a; TRUNCATE ${table}; ROLLBACK TO a; UPDATE ${table} SET n = n + 1 WHERE n % 4 = 1; COMMIT`,
    };
  },
  "copy freeze": (random) => ({
    sql: `BEGIN; TRUNCATE by_int; COPY by_int FROM PROGRAM 'seq 1 ${1 + random.below(60)} | sed "s/.*/&\\tfrozen ${random.below(9)}\\t&/"' (FREEZE); COMMIT`,
  }),
  vacuum: (random) => ({ sql: `VACUUM ${random.pick(TABLES).name}` }),
  "vacuum freeze": (random) => ({ sql: `VACUUM (FREEZE) ${random.pick(TABLES).name}` }),
  "vacuum freeze all": () => ({ sql: "VACUUM (FREEZE)" }),
  "vacuum full": (random) => ({ sql: `VACUUM FULL ${leaf(random.pick(TABLES), random)}` }),
  cluster: (random) => {
    const table = leaf(random.pick(keyed), random);
    return { sql: `CLUSTER ${table} USING ${table}_pkey` };
  },
  analyse: () => ({ sql: "ANALYZE" }),
  "add a column": (random, schema) => {
    const table = random.pick(TABLES).name;
    const column = schema.fresh("x");
    const type = random.pick([
      "int",
      "int DEFAULT 7",
      "text DEFAULT 'then'",
      "mood",
      "int GENERATED ALWAYS AS (n + 1) STORED",
    ]);
    return {
      sql: `ALTER TABLE ${table} ADD COLUMN ${column} ${type}`,
      done: () => void schema.extraColumns.set(table, [...(schema.extraColumns.get(table) ?? []), column]),
    };
  },
  "drop a column": (random, schema) => {
    const tables = [...schema.extraColumns].filter(([, columns]) => columns.length > 0);
    if (tables.length === 0) return undefined;
    const [table, columns] = random.pick(tables);
    const column = random.pick(columns);
    return {
      sql: `ALTER TABLE ${table} DROP COLUMN ${column}`,
      done: () =>
        void schema.extraColumns.set(
          table,
          columns.filter((name) => name !== column),
        ),
    };
  },
  "drop and add a column of the same name": (random, schema) => {
    const tables = [...schema.extraColumns].filter(([, columns]) => columns.length > 0);
    if (tables.length === 0) return undefined;
    const [table, columns] = random.pick(tables);
    const column = random.pick(columns);
    return { sql: `ALTER TABLE ${table} DROP COLUMN ${column}, ADD COLUMN ${column} int DEFAULT ${random.below(9)}` };
  },
  "rename a column": (random, schema) => {
    const tables = [...schema.extraColumns].filter(([, columns]) => columns.length > 0);
    if (tables.length === 0) return undefined;
    const [table, columns] = random.pick(tables);
    const column = random.pick(columns);
    const renamed = schema.fresh("y");
    return {
      sql: `ALTER TABLE ${table} RENAME COLUMN ${column} TO ${renamed}`,
      done: () =>
        void schema.extraColumns.set(
          table,
          columns.map((name) => (name === column ? renamed : name)),
        ),
    };
  },
  "change a type, rewriting": (random) => ({
    sql: `ALTER TABLE ${random.pick(TABLES).name} ALTER COLUMN n TYPE ${random.pick(["int", "bigint"])}`,
  }),
  "change a type, in place": (random) => ({
    sql: `ALTER TABLE ${random.pick(["by_int", "docs", "no_key"])} ALTER COLUMN v TYPE ${random.pick(["text", "varchar"])}`,
  }),
  "change the type of an age": (random) => ({
    sql: `ALTER TABLE ${random.pick(aged)} ALTER COLUMN ${AGE_COLUMN} TYPE ${random.pick(["date", "timestamp", "timestamptz"])}`,
  }),
  // The next two give rows another age, and no row another xmin.
  "take another column for the age": () => ({
    sql: `BEGIN; ALTER TABLE aged_instants RENAME at TO was; ALTER TABLE aged_instants RENAME seen TO at;
      ALTER TABLE aged_instants RENAME was TO seen; COMMIT`,
  }),
  "give all rows one age by a default": (random) => ({
    sql: `ALTER TABLE ${random.pick(["aged_instants", "aged_clocks"])} DROP COLUMN ${AGE_COLUMN}, ADD COLUMN ${AGE_COLUMN} timestamptz DEFAULT ${moment(random)}`,
  }),
  "drop and make again the primary key": (random) => {
    const { name, key } = random.pick(keyed);
    const columns = key.map((column) => column.name);
    if (random.chance(0.5)) columns.reverse();
    return { sql: `ALTER TABLE ${name} DROP CONSTRAINT ${name}_pkey, ADD PRIMARY KEY (${columns.join(", ")})` };
  },
  "swap unlogged and logged": (random) => ({
    sql: `ALTER TABLE by_char SET ${random.pick(["LOGGED", "UNLOGGED"])}`,
  }),
  "create a table": (_, schema) => {
    const name = schema.fresh("extra_");
    return { sql: filled(name), done: () => void schema.extraTables.add(name) };
  },
  "drop a table": (random, schema) => {
    if (schema.extraTables.size === 0) return undefined;
    const name = random.pick([...schema.extraTables]);
    return { sql: `DROP TABLE ${name}`, done: () => void schema.extraTables.delete(name) };
  },
  "rename a table and make a new one in its place": (random, schema) => {
    if (schema.extraTables.size === 0) return undefined;
    const name = random.pick([...schema.extraTables]);
    const renamed = schema.fresh("was_");
    return {
      sql: `BEGIN; ALTER TABLE ${name} RENAME TO ${renamed}; ALTER INDEX ${name}_pkey RENAME TO ${renamed}_pkey; ${filled(name)}; COMMIT`,
      done: () => void schema.extraTables.add(renamed),
    };
  },
  "change rows of a made table": (random, schema) => {
    if (schema.extraTables.size === 0) return undefined;
    const name = random.pick([...schema.extraTables]);
    return {
      sql: `UPDATE ${name} SET v = v || '!' WHERE id % 7 = ${random.below(7)}; DELETE FROM ${name} WHERE id % 9 = ${random.below(9)}`,
    };
  },
  "rename a label": (random, schema) => {
    const from = random.pick(schema.labels);
    const to = schema.fresh("mood");
    return {
      sql: `ALTER TYPE mood RENAME VALUE '${from}' TO '${to}'`,
      done: () => {
        schema.labels = schema.labels.map((label) => (label === from ? to : label));
      },
    };
  },
  "detach or attach a partition": (random, schema) => {
    const partition = random.pick(PARTITIONS);
    const name = `parts_${partition}`;
    if (schema.detached.has(partition))
      return {
        sql: `BEGIN; DELETE FROM parts_rest WHERE region = ${partition}; ALTER TABLE parts ATTACH PARTITION ${name} FOR VALUES IN (${partition}); COMMIT`,
        done: () => void schema.detached.delete(partition),
      };
    return { sql: `ALTER TABLE parts DETACH PARTITION ${name}`, done: () => void schema.detached.add(partition) };
  },
};
