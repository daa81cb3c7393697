import type { SchemaStatement } from "../../model/schema.ts";

/**
 * Kinds of statements in the order of the work. Dependencies come first (order.ts); among statements free to go, the
 * kind decides and then the name, so that the same schema always gives the same list.
 */
const PRE_KINDS = [
  "schema",
  "extension",
  "collation",
  "type",
  "domain",
  "domain constraint",
  "function",
  "procedure",
  "aggregate",
  "operator",
  "cast",
  "text search dictionary",
  "text search configuration",
  "text search mapping",
  "sequence",
  "table",
  "sequence owned by",
  "column default",
  "column option",
  "table constraint",
  "inherit",
  "attach partition",
  "view",
  "materialized view",
] as const;

const POST_KINDS = [
  "primary key",
  "unique",
  "exclusion",
  "index",
  "attach index",
  "index option",
  "cluster",
  "check",
  "not null",
  "validation",
  "statistics",
  "replica identity",
  "foreign key",
  "rule",
  "trigger",
  "row security",
  "policy",
  "extension dependency",
  "publication",
  "publication member",
  "comment",
  "acl",
  "grant",
  // From here on the order protects the restored database: default privileges would add rights to whatever is created
  // after them, event triggers would fire, and a refresh may read through anything above.
  "default privileges",
  "event trigger",
  "refresh materialized view",
] as const;

export type StatementKind = (typeof PRE_KINDS)[number] | (typeof POST_KINDS)[number];

const RANKS: ReadonlyMap<StatementKind, number> = new Map([...PRE_KINDS, ...POST_KINDS].map((kind, at) => [kind, at]));

/** Rights are one list, whoever has them. */
export const rankOf = (kind: StatementKind): number => RANKS.get(kind === "grant" ? "acl" : kind) ?? RANKS.size;

/** Whether a kind belongs after the rows, unless a table cannot be made without it. */
export const isPostKind = (kind: StatementKind): boolean => rankOf(kind) >= PRE_KINDS.length;

/** A catalog entry, `catalog/oid`: what pg_depend points from and to. */
export type Address = string;

export const addressOf = (catalog: string, oid: number): Address => `${catalog}/${oid}`;

/** For a statement whose entry's dependencies are another statement's. */
export const NOTHING = Symbol("nothing");

/** One statement and its place among the others. */
export interface SchemaObject extends Omit<SchemaStatement, "section" | "kind"> {
  readonly kind: StatementKind;
  /** The catalog entry it creates. Absent for what nothing can depend on. */
  readonly address?: Address;
  /** Entry whose dependencies are this statement's, where it is not `address`; NOTHING if `needs` says it all. */
  readonly dependsAs?: Address | typeof NOTHING;
  /** Needs beyond pg_depend. */
  readonly needs?: readonly Address[];
  /** The entry it says something about (a comment, a right): it needs that entry and shares its schema and table. */
  readonly about?: Address;
  /** The same object made in several steps, for when it is part of a dependency cycle. */
  readonly split?: () => readonly SchemaObject[];
}
