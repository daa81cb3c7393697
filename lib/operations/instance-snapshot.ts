import { Failure, isFailure } from "../model/errors.ts";
import type { InstanceSnapshot, InstanceSnapshots, SnapshotRequest } from "../ports/instance-snapshots.ts";
import type { Pace, Workflow } from "../ports/workflow.ts";

/** How long each part of taking a snapshot may last, and how often it is looked at. */
export interface SnapshotPacing {
  /** Until the instance lets a snapshot start: a nightly backup or a change has to end first. */
  readonly start: Pace;
  /** Until the provider shows what was started: it may answer from before for a while. */
  readonly show: Pace;
  /** Until the snapshot is available. */
  readonly finish: Pace;
}

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;

/**
 * With these the slowest snapshot takes 120 operations of a workflow at most, not counting what is tried again because the
 * provider throttled it: that is four more for each look at the very worst, and still a quarter of what a workflow may have.
 */
export const SNAPSHOT_PACING: SnapshotPacing = {
  start: { everyMs: 30 * SECOND_MS, everyMsMax: 5 * MINUTE_MS, deadlineMs: 60 * MINUTE_MS },
  show: { everyMs: 5 * SECOND_MS, everyMsMax: 30 * SECOND_MS, deadlineMs: 3 * MINUTE_MS },
  finish: { everyMs: 30 * SECOND_MS, everyMsMax: 5 * MINUTE_MS, deadlineMs: 6 * 60 * MINUTE_MS },
};

/** How a snapshot ended, as plain JSON. */
type End =
  | { readonly end: "gone" }
  | { readonly end: "failed"; readonly percent: number }
  | {
      readonly end: "available";
      readonly arn: string;
      readonly expiresAt: number;
      readonly databaseTime: number | null;
    };

/**
 * Takes a snapshot of an instance or cluster and waits until it is available. Run again with the same request it adopts
 * what it started before, so it may be stopped anywhere. A snapshot holds every class of data: `expiresAt` is the
 * deadline of the shortest of them, and whoever expires points deletes it by then.
 * @returns the snapshot, available; one that was adopted has the expiry of the request that started it
 * @throws INSTANCE_BUSY  the instance was busy, or the snapshot in the making, until the deadline; it may be run again
 * @throws SNAPSHOT_FAILED  the provider gave it up, or somebody deleted it meanwhile
 * @throws RELEASE_TAKEN, SNAPSHOT_QUOTA, SNAPSHOT_NOT_OURS, INSTANCE_NOT_FOUND, CLOUD_*
 */
export async function takeInstanceSnapshot(
  workflow: Workflow,
  snapshots: InstanceSnapshots,
  request: SnapshotRequest,
  pacing: SnapshotPacing = SNAPSHOT_PACING,
): Promise<InstanceSnapshot> {
  const { instance, release, commit } = request;
  const start = async () => (await snapshots.start(request)).id;
  // What the provider said last is worth more than "the deadline passed": the last try lets its INSTANCE_BUSY out.
  const id =
    (await workflow.poll("start the instance snapshot", () => unlessBusy(start), pacing.start)) ??
    (await workflow.step("start the instance snapshot at last", start));

  // Absent here is "not shown yet"; from the next look on it is gone.
  const shows = async () => ((await snapshots.describe(instance, id)) === undefined ? undefined : true);
  await workflow.poll("see the instance snapshot", shows, pacing.show);
  const end = await workflow.poll("finish the instance snapshot", () => endOf(snapshots, request, id), pacing.finish);

  const facts = { snapshot: id, [instance.kind]: instance.id };
  if (end === undefined) {
    throw new Failure("INSTANCE_BUSY", `snapshot ${id} is not available after ${hours(pacing.finish.deadlineMs)}`, {
      facts,
      hint: "RDS goes on making it: run again with the same release and commit to wait on",
    });
  }
  if (end.end === "gone") {
    throw new Failure("SNAPSHOT_FAILED", `snapshot ${id} was started and is gone: somebody deleted it`, {
      facts,
      hint: "CloudTrail says who deleted it; run again with the same release and commit to take another",
    });
  }
  if (end.end === "failed") {
    throw new Failure("SNAPSHOT_FAILED", `snapshot ${id} failed at ${end.percent} %`, { facts });
  }
  const { arn, expiresAt, databaseTime } = end;
  const time = databaseTime === null ? {} : { databaseTime };
  return { id, arn, status: "available", percent: 100, release, commit, expiresAt, ...time };
}

const endOf = async (
  snapshots: InstanceSnapshots,
  { instance }: SnapshotRequest,
  id: string,
): Promise<End | undefined> => {
  const found = await snapshots.describe(instance, id);
  if (found === undefined) return { end: "gone" };
  if (found.status === "creating") return undefined;
  if (found.status === "failed") return { end: "failed", percent: found.percent };
  const { arn, expiresAt, databaseTime = null } = found;
  return { end: "available", arn, expiresAt, databaseTime };
};

/** A busy instance is nothing to see yet. As a failure it would be tried again a few times only. */
const unlessBusy = async <T>(act: () => Promise<T>): Promise<T | undefined> => {
  try {
    return await act();
  } catch (error) {
    if (isFailure(error, "INSTANCE_BUSY")) return undefined;
    throw error;
  }
};

const hours = (ms: number): string => `${Math.round(ms / (6 * MINUTE_MS)) / 10} h`;
