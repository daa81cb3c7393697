import type { ProvenPoint } from "./release.ts";

/** A database's hot copy of one business day. */
export type HotCopyRequest = {
  /** What people call the protected database. */
  readonly database: string;
  /** `2026-11-21`, where the business is. */
  readonly day: string;
};

/** What a hot copy has left in the vault, read back and found whole. */
export type HotCopyResult = HotCopyRequest & {
  readonly point: ProvenPoint;
  /** What was fetched and opened for the proof. */
  readonly read: { readonly objects: number; readonly bytes: number; readonly rows: number };
};
