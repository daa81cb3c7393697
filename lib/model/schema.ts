/** The schema of a database as statements that rebuild it, in an order that works. */
export interface CapturedSchema {
  readonly statements: readonly SchemaStatement[];
  readonly sequences: readonly SequenceValue[];
  /** What the database has and a point does not hold: counted and named, never left out in silence. */
  readonly uncovered: readonly Uncovered[];
}

export interface SchemaStatement {
  /** `pre` runs before the rows are loaded, `post` after. */
  readonly section: "pre" | "post";
  /** Kind of object, as PostgreSQL names it in lower case: `schema`, `table`, `index`, `foreign key`, `comment`, ... */
  readonly kind: string;
  /** Schema of the object the statement is about, or empty for what has none (extensions, schemas themselves carry their own name). */
  readonly schema: string;
  /** Qualified and quoted identity, for messages. */
  readonly name: string;
  /** oid of the table the statement belongs to (its columns, constraints, indexes, triggers, comments, rights), or 0. */
  readonly tableOid: number;
  /** One statement, every name in it qualified, ending without a semicolon. */
  readonly sql: string;
}

export interface SequenceValue {
  readonly schema: string;
  readonly name: string;
  /** Decimal text, 64 bits. */
  readonly lastValue: string;
  readonly isCalled: boolean;
}

export interface Uncovered {
  /** `large objects`, `foreign servers`, `roles`, ... */
  readonly kind: string;
  readonly count: number;
  /** At most 20 names. */
  readonly names: readonly string[];
}
