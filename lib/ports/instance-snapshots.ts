/**
 * Snapshots of whole database instances or clusters, taken by whoever runs the server (RDS). They hold every class of
 * data at once, so they live as long as the shortest of them.
 *
 * What every adapter promises, and test/contracts/instance-snapshots.ts holds it to:
 *
 * - `start` is idempotent: its id is derived from the database and the release alone. A snapshot that is there already
 *   under that id with the same release and commit is adopted, a failed one too; with another commit it is RELEASE_TAKEN.
 * - `start` returns at once; `describe` tells how far it is. A snapshot that failed for good says so, it never stays "creating".
 * - A server that is busy with something else is INSTANCE_BUSY (retryable); one that is not there INSTANCE_NOT_FOUND;
 *   no room for another snapshot SNAPSHOT_QUOTA; a caller without the right CLOUD_FORBIDDEN; too many calls
 *   CLOUD_THROTTLED (retryable); no answer CLOUD_UNREACHABLE (retryable). Never one for the other.
 * - `delete` is idempotent. Only snapshots that `start` made are touched: one without our tags is SNAPSHOT_NOT_OURS.
 */
export interface InstanceSnapshots {
  start(request: SnapshotRequest): Promise<InstanceSnapshot>;
  describe(instance: DatabaseInstance, id: string): Promise<InstanceSnapshot | undefined>;
  delete(instance: DatabaseInstance, id: string): Promise<"deleted" | "absent">;
}

export interface DatabaseInstance {
  readonly kind: "instance" | "cluster";
  /** Its identifier at the provider. */
  readonly id: string;
}

export interface SnapshotRequest {
  readonly instance: DatabaseInstance;
  readonly release: string;
  readonly commit: string;
  /** When it is to be deleted at the latest, epoch ms. */
  readonly expiresAt: number;
}

export interface InstanceSnapshot {
  readonly id: string;
  readonly arn: string;
  readonly status: "creating" | "available" | "failed";
  /** 0 to 100. */
  readonly percent: number;
  readonly release: string;
  readonly commit: string;
  /** When it is to be deleted at the latest, as the start that made it said: one that adopts it changes nothing. */
  readonly expiresAt: number;
  /** The last transaction it holds, epoch ms; unknown until it is available. */
  readonly databaseTime?: number;
}
