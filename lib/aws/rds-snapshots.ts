import type { RDSClient } from "@aws-sdk/client-rds";
import { type ErrorCode, Failure } from "../model/errors.ts";
import type {
  DatabaseInstance,
  InstanceSnapshot,
  InstanceSnapshots,
  SnapshotRequest,
} from "../ports/instance-snapshots.ts";
import { cloudErrorName, cloudFailure } from "./cloud-failure.ts";
import { type RdsSnapshot, type RdsSnapshotCalls, rdsSnapshotCalls } from "./rds-snapshot-calls.ts";
import { snapshotId, type TakenFor, tagsOf, takenFor } from "./rds-snapshot-tags.ts";

/** What is wrong with the instance or the account, by the name of the error without its `Fault`. */
const REFUSALS: Readonly<Record<string, ErrorCode>> = {
  DBInstanceNotFound: "INSTANCE_NOT_FOUND",
  DBClusterNotFound: "INSTANCE_NOT_FOUND",
  InvalidDBInstanceState: "INSTANCE_BUSY",
  InvalidDBClusterState: "INSTANCE_BUSY",
  InvalidDBClusterSnapshotState: "INSTANCE_BUSY",
  SnapshotQuotaExceeded: "SNAPSHOT_QUOTA",
};
const EXISTS = /^DB(Cluster)?SnapshotAlreadyExists$/;
const ABSENT = /^DB(Cluster)?SnapshotNotFound$/;
const WRONG_STATE = /^InvalidDB(Cluster)?SnapshotState$/;

// Any other status (creating, copying, modifying, or one of tomorrow) may still become available; who waits has a deadline.
const FAILED = /^(failed|deleting|deleted|incompatible-.*)$/;
const GOING = /^delet(ing|ed)$/;

/**
 * Snapshots of RDS instances, and of Aurora and Multi-AZ clusters.
 *
 * Needs, on `snapshot:lastgood-*` and `cluster-snapshot:lastgood-*`, rds:Describe*Snapshots, rds:Create*Snapshot (on the
 * instance or cluster too), rds:AddTagsToResource for the tags it creates with; only `delete` needs rds:Delete*Snapshot.
 * @param client  with the settings of short-calls.ts: RDS publishes no rates and shares them with everything in the account
 */
export function rdsSnapshots(client: RDSClient): InstanceSnapshots {
  const calls = rdsSnapshotCalls(client);

  return {
    async start(request) {
      const { instance, release } = request;
      const id = snapshotId(instance, release);
      const tags = tagsOf(request);
      // Looked for first: while our own snapshot is being made its instance is `backing-up`, which is refused as busy.
      const there = await find(calls[instance.kind], id);
      if (there !== undefined) return adopt(there, request);
      try {
        return portSnapshot(await calls[instance.kind].create(instance.id, id, tags), request);
      } catch (error) {
        // Somebody was faster, or the answer to our own first attempt was lost.
        if (!EXISTS.test(rdsName(error))) throw startFailure(error, instance, id);
      }
      const faster = await find(calls[instance.kind], id);
      if (faster !== undefined) return adopt(faster, request);
      throw new Failure("INSTANCE_BUSY", `RDS has a snapshot ${id} but does not show it yet`, {
        facts: { snapshot: id },
        hint: "run again in a minute",
      });
    },

    async describe({ kind }, id) {
      const found = await find(calls[kind], id);
      return found && portSnapshot(found, checkOurs(found));
    },

    async delete({ kind }, id) {
      const found = await find(calls[kind], id);
      if (found === undefined) return "absent";
      checkOurs(found);
      if (GOING.test(found.status)) return "deleted";
      try {
        await calls[kind].delete(id);
      } catch (error) {
        const name = rdsName(error);
        if (WRONG_STATE.test(name)) {
          throw new Failure("INSTANCE_BUSY", `snapshot ${id} is ${found.status} and cannot be deleted now`, {
            cause: error,
            facts: { snapshot: id, status: found.status },
            hint: "run again when the snapshot is available",
          });
        }
        // It was there a moment ago: another deletion, or our own first attempt, whose answer was lost.
        if (!ABSENT.test(name)) throw cloudFailure(error, `delete the snapshot ${id}`);
      }
      return "deleted";
    },
  };
}

/** Never by a waiter of the SDK: those take every error, missing rights too, for "not yet" and wait until their time is up. */
async function find(calls: RdsSnapshotCalls, id: string): Promise<RdsSnapshot | undefined> {
  try {
    return await calls.describe(id);
  } catch (error) {
    if (ABSENT.test(rdsName(error))) return undefined;
    throw cloudFailure(error, `describe the snapshot ${id}`);
  }
}

/** The snapshot of a release that was started before, if this is the same release and commit. */
function adopt(found: RdsSnapshot, { release, commit }: SnapshotRequest): InstanceSnapshot {
  const taken = checkOurs(found);
  if (taken.release !== release || taken.commit !== commit) {
    throw new Failure(
      "RELEASE_TAKEN",
      `release ${release} has a snapshot of commit ${taken.commit}; commit ${commit} was given`,
      { facts: { snapshot: found.id, release, commit, taken: taken.commit } },
    );
  }
  if (GOING.test(found.status)) {
    throw new Failure("INSTANCE_BUSY", `an earlier snapshot ${found.id} is being deleted`, {
      facts: { snapshot: found.id, status: found.status },
      hint: "run again when it is gone",
    });
  }
  return portSnapshot(found, taken);
}

function checkOurs(found: RdsSnapshot): TakenFor {
  const taken = takenFor(found.tags);
  if (taken !== undefined) return taken;
  throw new Failure("SNAPSHOT_NOT_OURS", `snapshot ${found.id} does not have the tags that Lastgood gives its own`, {
    facts: { snapshot: found.id },
  });
}

function portSnapshot(
  { id, arn, status, percent, databaseTime }: RdsSnapshot,
  { release, commit, expiresAt }: TakenFor,
): InstanceSnapshot {
  if (arn === undefined) throw new Failure("CLOUD_ERROR", `RDS described the snapshot ${id} without its ARN`);
  const shown = { id, arn, release, commit, expiresAt };
  if (FAILED.test(status)) return { ...shown, status: "failed", percent };
  if (status !== "available") return { ...shown, status: "creating", percent };
  const time = databaseTime === undefined ? {} : { databaseTime: databaseTime.getTime() };
  return { ...shown, status: "available", percent: 100, ...time };
}

function startFailure(error: unknown, instance: DatabaseInstance, id: string): Failure {
  const name = rdsName(error);
  const what = `${instance.kind} ${instance.id}`;
  const facts = { [instance.kind]: instance.id, snapshot: id, awsError: name };
  // RDS: "The specified instance is a member of a cluster and a snapshot cannot be created directly."
  if (name === "InvalidParameterValue" && error instanceof Error && /member of a cluster/.test(error.message)) {
    return new Failure(
      "INSTANCE_NOT_FOUND",
      `${what} is a member of a cluster, of which RDS takes snapshots as a whole`,
      {
        cause: error,
        facts,
        hint: "name the cluster in the stack, not its instance",
      },
    );
  }
  const code = REFUSALS[name];
  if (code === undefined) return cloudFailure(error, `start a snapshot of ${what}`);
  return new Failure(code, `could not start a snapshot of ${what}: ${REASONS[code] ?? name}`, { cause: error, facts });
}

const REASONS: Partial<Record<ErrorCode, string>> = {
  INSTANCE_NOT_FOUND: "RDS knows no such one in this account and Region",
  INSTANCE_BUSY: "it is not in the state available",
  SNAPSHOT_QUOTA: "the account has as many manual snapshots in this Region as it may",
};

/** The SDK calls `SnapshotQuotaExceeded` of the wire SnapshotQuotaExceededFault, but leaves names it does not know as they are. */
const rdsName = (error: unknown): string => (cloudErrorName(error) ?? "").replace(/Fault$/, "");
