import * as s3 from "aws-cdk-lib/aws-s3";
import { Duration, RemovalPolicy } from "aws-cdk-lib/core";
import { Construct } from "constructs";
import { acknowledge } from "./acknowledge.ts";
import { capRetention, createOnly, keepRules } from "./bucket-rules.ts";

export interface VaultProps {
  /**
   * The longest lock that anybody may put on an archived object. A lock cannot be taken back, so a wrong date in a request
   * must not be able to keep personal data for a century.
   * @default ten years and ten days
   */
  readonly archiveLockMax?: Duration;

  /**
   * How long every piece of evidence is locked from the moment it is written.
   * @default 400 days
   */
  readonly evidenceLock?: Duration;

  /**
   * How long the records of who asked the buckets for what are kept. They name callers and objects, never content.
   * @default 400 days
   */
  readonly accessLogRetention?: Duration;
}

const ARCHIVE_LOCK_MAX = Duration.days(3660);
const EVIDENCE_LOCK = Duration.days(400);
const ACCESS_LOG_RETENTION = Duration.days(400);
// Each pack is written with a date of its own. The default only covers one that was not, and must end before any class's
// deadline: a lock longer than that could not be taken back.
const ARCHIVE_LOCK_DEFAULT = Duration.days(1);
/**
 * What belongs to nobody any more: leases last a minute and end with the month-long lives of the slowest restores, tasks of a
 * capture end with its workflow. Whose lease goes is taken for dead and stops; it loses no data.
 */
const SCRATCH = { "intents/": Duration.days(30), "work/": Duration.days(7) } as const;

/**
 * The four stores of a vault, as buckets. Their rules differ (docs/architecture.md):
 *
 * - `hot`: neither versioned nor locked, so that a delete is final.
 * - `archive`: versioned and locked; each object has a date of its own, capped by the bucket's policy.
 * - `keys`: neither versioned, locked nor replicated: deleting a wrapped key must shred it.
 * - `evidence`: versioned and locked; nobody edits it.
 *
 * All are create-only, speak TLS only, block public access, and stay when the stack goes. Objects are sealed before they
 * come here, so the buckets' own encryption (SSE-S3) is a second one that needs no rights.
 */
export class Vault extends Construct {
  readonly hot: s3.Bucket;
  readonly archive: s3.Bucket;
  readonly keys: s3.Bucket;
  readonly evidence: s3.Bucket;
  /** Server access logs of the four: the only witness of what S3 itself expires. */
  readonly accessLogs: s3.Bucket;

  constructor(scope: Construct, id: string, props: VaultProps = {}) {
    super(scope, id);
    // For apps that have not set it: without, S3 delivers access logs by an ACL, and no bucket here takes any.
    this.node.setContext("@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy", true);
    const lockMax = props.archiveLockMax ?? ARCHIVE_LOCK_MAX;
    const evidenceLock = props.evidenceLock ?? EVIDENCE_LOCK;

    this.accessLogs = new s3.Bucket(this, "AccessLogs", {
      ...SAFE,
      // S3 delivers logs to no bucket with a default lock, and only with S3's own encryption.
      lifecycleRules: [{ id: "Expire", expiration: props.accessLogRetention ?? ACCESS_LOG_RETENTION }],
    });
    acknowledge(this.accessLogs, {
      "AwsSolutions-S1": "it is where the access logs of the others go; its own would go to itself",
    });

    this.hot = this.#store("Hot", {
      // No expiry by age: a chunk lives as long as the last point that names it, and an unchanged one is years old.
      lifecycleRules: [
        ABORT_UPLOADS,
        ...Object.entries(SCRATCH).map(([prefix, expiration]) => ({
          id: `Expire-${prefix.replace("/", "")}`,
          prefix,
          expiration,
        })),
      ],
    });
    this.keys = this.#store("Keys", { lifecycleRules: [ABORT_UPLOADS] });
    this.archive = this.#store("Archive", {
      versioned: true,
      objectLockEnabled: true,
      objectLockDefaultRetention: s3.ObjectLockRetention.governance(ARCHIVE_LOCK_DEFAULT),
      lifecycleRules: [ABORT_UPLOADS, ...BURY_DELETED],
    });
    capRetention(this.archive, lockMax);
    this.evidence = this.#store("Evidence", {
      versioned: true,
      objectLockEnabled: true,
      objectLockDefaultRetention: s3.ObjectLockRetention.governance(evidenceLock),
      lifecycleRules: [ABORT_UPLOADS],
    });
    capRetention(this.evidence, Duration.days(Math.max(lockMax.toDays(), evidenceLock.toDays())));
    keepRules(this.accessLogs);
  }

  /** The four, in the order of the documentation. */
  get stores(): readonly s3.Bucket[] {
    return [this.hot, this.archive, this.keys, this.evidence];
  }

  #store(id: string, rules: s3.BucketProps): s3.Bucket {
    const bucket = new s3.Bucket(this, id, {
      ...SAFE,
      ...rules,
      serverAccessLogsBucket: this.accessLogs,
      serverAccessLogsPrefix: `${id.toLowerCase()}/`,
    });
    createOnly(bucket);
    keepRules(bucket);
    return bucket;
  }
}

const SAFE: s3.BucketProps = {
  blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
  objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
  encryption: s3.BucketEncryption.S3_MANAGED,
  enforceSSL: true,
  minimumTLSVersion: 1.2,
  // Kept whatever happens to the stack, except when the stack could not even be made: then an empty bucket is in the way.
  removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
};

const ABORT_UPLOADS: s3.LifecycleRule = { id: "AbortUploads", abortIncompleteMultipartUploadAfter: Duration.days(1) };

/** The net under the archive's own deletions: a version that was deleted goes as soon as its lock has ended. */
const BURY_DELETED: readonly s3.LifecycleRule[] = [
  { id: "BuryDeleted", noncurrentVersionExpiration: Duration.days(1), expiredObjectDeleteMarker: true },
];
