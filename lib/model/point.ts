import { partClass, type RowAge } from "./row-age.ts";
import type { CapturedSchema } from "./schema.ts";
import type { SourceIdentity, SourceSnapshot } from "./source.ts";
import type { TableFacts } from "./table.ts";
import type { EpochMs } from "./units.ts";

/** Why a point was taken and how long it is kept. */
export type Tier = "release" | "hot" | "archive";

/** `points/<id>/<generation>.json`: names the parts, holds no row value, written last. */
export interface Point {
  readonly format: 1;
  readonly kind: "point";
  readonly id: string;
  /** 1 when captured; folding writes the next generation. The highest one counts. */
  readonly generation: number;
  readonly vaultId: string;
  readonly tier: Tier;
  readonly label?: string;
  readonly release?: string;
  readonly commit?: string;
  readonly database: string;
  readonly identity: SourceIdentity;
  readonly snapshot: SourceSnapshot;
  readonly startedAt: EpochMs;
  readonly finishedAt: EpochMs;
  readonly parts: readonly PartRef[];
  /** Classes whose part has left by a policy, and when. */
  readonly expired?: readonly ExpiredPart[];
  /** How classes whose rows leave by their age were divided. A day that has no part, expired or not, had no rows. */
  readonly rowAges?: readonly ({ readonly class: string } & RowAge)[];
  /** What this capture added to the vault; the bytes without this document's own. */
  readonly stored: { readonly objects: number; readonly bytes: number };
  readonly uncovered: readonly { readonly kind: string; readonly count: number }[];
}

export interface ExpiredPart {
  readonly class: string;
  readonly at: EpochMs;
}

export interface PartRef {
  readonly class: string;
  /** Object name in the hot store. */
  readonly name: string;
  /** sha-256 of the sealed part object. */
  readonly sha256: string;
  readonly tables: number;
  readonly rows: number;
  /** Plaintext bytes of all rows that the part's layers hold. */
  readonly plainBytes: number;
  /** Sealed bytes that reading the part takes. */
  readonly sealedBytes: number;
}

/** How many tables parts of a point have, each once: one that is divided by age has a slice in its class's own part, whatever its days. */
export const tablesIn = (parts: readonly Pick<PartRef, "class" | "tables">[]): number =>
  parts.reduce((sum, part) => sum + (partClass(part.class).day === undefined ? part.tables : 0), 0);

/** The sealed manifest of a point's rows of one class. */
export interface Part {
  readonly format: 1;
  readonly class: string;
  readonly pointId: string;
  readonly tier: Tier;
  readonly identity: SourceIdentity;
  readonly snapshot: SourceSnapshot;
  readonly startedAt: EpochMs;
  readonly release?: string;
  readonly commit?: string;
  readonly schema: CapturedSchema;
  readonly tables: readonly PartTable[];
}

export interface PartTable {
  /** Random, 16 hex digits; kept along a chain, so that chunks of later bases meet those of earlier ones. */
  readonly id: string;
  readonly facts: TableFacts;
  /** Rows live at the point. */
  readonly rows: number;
  /** `delta`, or why a base was taken. */
  readonly taken: string;
  /** A base, then deltas, oldest first. */
  readonly layers: readonly Layer[];
  /** Live keys at the point, by range of the first key column; empty without a primary key. */
  readonly ranges: readonly RangeRecord[];
  readonly cutBits: number;
}

export interface RangeRecord {
  /** First-column bytes of the key (model/key.ts) in hex, inclusive; empty for the first range: everything before the second. */
  readonly start: string;
  readonly rows: number;
  /** Sum of key hashes modulo 2^64, decimal. */
  readonly sum: string;
}

export interface Layer {
  readonly kind: "base" | "delta";
  /** The point whose capture (or whose fold) made it. */
  readonly pointId: string;
  readonly rows: number;
  /** Sum of the hashes of the rows' keys modulo 2^64, decimal; "0" without a primary key. */
  readonly sum: string;
  readonly pages: readonly PageRef[];
  /** Deleted keys (delta layers only). */
  readonly goneRows: number;
  readonly gone: readonly PageRef[];
}

/** A page: consecutive chunks of one layer with the list of their keys. Sealed, one object. */
export interface PageRef {
  readonly name: string;
  /** Base64 of the page's data key. */
  readonly key: string;
  /** First and last key in hex; empty without a primary key. */
  readonly first: string;
  readonly last: string;
  readonly rows: number;
  readonly chunks: number;
  readonly plainBytes: number;
  /** Sealed bytes of the page and its chunks. */
  readonly sealedBytes: number;
}

export interface ChunkEntry {
  readonly name: string;
  /** Keyed digest of the plaintext, hex. */
  readonly id: string;
  /** Base64 of the chunk's data key. */
  readonly key: string;
  readonly first: string;
  readonly last: string;
  readonly rows: number;
  readonly plainBytes: number;
  readonly sealedBytes: number;
}
