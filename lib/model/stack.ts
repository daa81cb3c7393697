/** A database that a stack protects, as its Lambdas see it. References only: no secret is in it. */
export interface ProtectedDatabase {
  /** What people call it; lower case letters, digits and hyphens. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** The PostgreSQL database. */
  readonly database: string;
  readonly user: string;
  readonly login: { readonly by: "iam" } | { readonly by: "secret"; readonly secretArn: string };
  readonly instance: { readonly kind: "instance" | "cluster"; readonly id: string };
}

/** Names of the environment variables that a stack gives each of its Lambdas. Their values are strings. */
export const STACK_ENV = {
  stack: "LASTGOOD_STACK",
  hotBucket: "LASTGOOD_HOT_BUCKET",
  keysBucket: "LASTGOOD_KEYS_BUCKET",
  evidenceBucket: "LASTGOOD_EVIDENCE_BUCKET",
  /** ARN of the KMS key that wraps data keys. */
  wrappingKey: "LASTGOOD_WRAPPING_KEY",
  /** ARN of the KMS key that signs receipts (ECC_NIST_P256, ECDSA_SHA_256). */
  signingKey: "LASTGOOD_SIGNING_KEY",
  /** JSON: ProtectedDatabase[]. */
  databases: "LASTGOOD_DATABASES",
  /** Qualified ARNs of the functions that a workflow calls as workers of a kind. JSON: Record<kind, arn>. */
  workers: "LASTGOOD_WORKERS",
  /** Qualified ARN of the durable function that the starter of a hot copy starts. */
  hotCopyWorkflow: "LASTGOOD_HOT_COPY_WORKFLOW",
  /** Worker connections of one capture. */
  lanes: "LASTGOOD_LANES",
  /** File of the certificate authorities that database servers are proven against. */
  databaseCa: "LASTGOOD_DATABASE_CA",
} as const;

/** Outputs of a stack by which the command line finds it. Keys of CloudFormation outputs, so letters and digits only. */
export const STACK_OUTPUTS = {
  hotBucket: "LastgoodHotBucket",
  keysBucket: "LastgoodKeysBucket",
  evidenceBucket: "LastgoodEvidenceBucket",
  wrappingKey: "LastgoodWrappingKey",
  signingKey: "LastgoodSigningKey",
  /** Qualified ARN of the durable function that opens a release. */
  releaseFunction: "LastgoodReleaseFunction",
  /** ARN of the function that starts a hot copy. */
  hotCopyFunction: "LastgoodHotCopyFunction",
  /** Qualified ARN of the durable function that takes a hot copy. */
  hotCopyWorkflow: "LastgoodHotCopyWorkflow",
  databases: "LastgoodDatabases",
} as const;

/** Metrics that the functions write and the alarms of the stack read. The dimension `service` holds the stack's name. */
export const STACK_METRICS = {
  namespace: "Lastgood",
  dimensions: { stack: "service", database: "database" },
  /** Count: hot copies whose point is in the vault. */
  hotCopies: "HotCopies",
  /** Count: release points that were read back and proven. */
  releasePoints: "ReleasePoints",
} as const;
