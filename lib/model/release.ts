/** What a pipeline asks for before it deploys. */
export interface ReleaseRequest {
  /** What people call the protected database. */
  readonly database: string;
  readonly release: string;
  readonly commit: string;
}

/** A release id: what a tag or a build number may look like. Case counts. */
export const RELEASE_ID = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$/;
export const RELEASE_ID_WORDS = "1 to 64 letters, digits and . _ + -, beginning with a letter or digit";

export const COMMIT_HASH = /^[0-9a-f]{7,64}$/;
export const COMMIT_HASH_WORDS = "7 to 64 hexadecimal digits in lower case";

/** A protected database by the name its stack gives it. */
export const DATABASE_NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;
export const DATABASE_NAME_WORDS = "1 to 63 lower case letters, digits and hyphens, beginning with a letter or digit";

/** A day of business, in the time zone of whoever named it. */
export const BUSINESS_DAY = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/;
export const BUSINESS_DAY_WORDS = "a day as YYYY-MM-DD";

/** A point that was read back, and what it was then. */
export type ProvenPoint = {
  readonly id: string;
  /** sha-256 of its document as it was proven, hex. It names its parts by digest, they name all the rest. */
  readonly sha256: string;
  /** The moment it shows, epoch ms by the database server's clock. */
  readonly takenAt: number;
  readonly tables: number;
  readonly rows: number;
  /** What reading it reads. */
  readonly sealedBytes: number;
};

/**
 * The outcome of opening a release: what stands in the vault for it, and what was proven. `receipts/releases/...` in the
 * evidence store, in the shape that docs/json.md describes. Written once, never changed.
 */
export type ReleaseReceipt = {
  readonly format: 1;
  readonly kind: "release receipt";
  readonly database: string;
  readonly release: string;
  readonly commit: string;
  readonly vaultId: string;
  readonly point: ProvenPoint;
  /** Left out where the server is nobody's instance. */
  readonly instanceSnapshot?: {
    readonly id: string;
    readonly arn: string;
    /** The last transaction it holds, epoch ms by AWS's clock; left out if AWS does not tell. */
    readonly takenAt?: number;
    /** When it is to be deleted at the latest, epoch ms. */
    readonly expiresAt: number;
  };
  readonly proof: {
    readonly level: "read";
    /** Objects and bytes that were fetched and opened, and the rows in them: of every layer, so more than the point's rows. */
    readonly objects: number;
    readonly bytes: number;
    readonly rows: number;
    /** In words: what holds, and what it does not show. */
    readonly proven: readonly string[];
    readonly notProven: readonly string[];
  };
  /** Epoch ms by Lastgood's clock. */
  readonly startedAt: number;
  readonly finishedAt: number;
  /** Over the canonical JSON (RFC 8785) of all the other fields; left out where there is no signing key. */
  readonly signature?: {
    readonly algorithm: string;
    /** sha-256 of the public key's SPKI in DER, hex. */
    readonly keyId: string;
    /** Base64. */
    readonly signature: string;
  };
};
