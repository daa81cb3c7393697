import { claimName, putOnce, type ReleaseClaim, receiptName, signedBytes } from "../engine/receipt.ts";
import { POINT_CLAIMS } from "../engine/verify-report.ts";
import { Failure } from "../model/errors.ts";
import {
  COMMIT_HASH,
  COMMIT_HASH_WORDS,
  RELEASE_ID,
  RELEASE_ID_WORDS,
  type ReleaseReceipt,
  type ReleaseRequest,
} from "../model/release.ts";
import { HOUR_MS } from "../model/units.ts";
import type { Clock } from "../ports/clock.ts";
import type { DatabaseInstance, InstanceSnapshots } from "../ports/instance-snapshots.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import type { Signer } from "../ports/signer.ts";
import type { Workflow } from "../ports/workflow.ts";
import type { CapturePoint } from "./capture-point.ts";
import { takeInstanceSnapshot } from "./instance-snapshot.ts";
import { type PointProof, provePoint } from "./read-point.ts";
import { findReceipt } from "./receipt.ts";

/** What an earlier try of the same release took stands for the release this long. Then the database has moved on. */
export const ADOPTED_MS_MAX = HOUR_MS;
/** An instance snapshot holds every class, so it lives as long as the shortest: personal rows go after fourteen days. */
export const INSTANCE_SNAPSHOT_MS = 14 * 24 * HOUR_MS;
/** A PostgreSQL name has 63 bytes, a stack's name for a database fewer. */
const DATABASE_BYTES_MAX = 63;

export interface ReleaseWorld {
  readonly evidence: ObjectStore;
  readonly clock: Clock;
  readonly capture: CapturePoint;
  /** Workers that read the point back side by side. */
  readonly readers: number;
  /** Without it receipts are not signed. */
  readonly signer?: Signer | undefined;
  /** Left out where the server is nobody's instance. */
  readonly instance?: { readonly snapshots: InstanceSnapshots; readonly of: DatabaseInstance } | undefined;
}

/** Where an opening begins. */
type Begun = { readonly receipt: ReleaseReceipt } | { readonly startedAt: number };

type Snapshot = NonNullable<ReleaseReceipt["instanceSnapshot"]>;

/**
 * Opens a release: takes an instance snapshot and a restore point side by side, proves the point by reading all of it back,
 * and writes the receipt, after which the deploy may go on.
 *
 * A release id stands for one commit. The same database, release and commit again gives the same receipt and does nothing.
 * Stopped or failed anywhere it leaves no receipt, and running it again goes on from what was taken, if that is fresh.
 *
 * @throws USAGE  a name is not one
 * @throws RELEASE_TAKEN  the release stands for another commit; nothing was done
 * @throws RELEASE_STALE  an earlier try took something too long ago to stand for the release now
 * @throws what capturing, snapshots and readPointBack throw
 */
export const openRelease = async (
  workflow: Workflow,
  world: ReleaseWorld,
  request: ReleaseRequest,
): Promise<ReleaseReceipt> => {
  checkNames(request);
  const begun = await workflow.step("begin the release", () => begin(world, request));
  if ("receipt" in begun) return begun.receipt;
  const { startedAt } = begun;
  const { snapshot, taken } = await workflow.together("take snapshot and point", {
    snapshot: (branch) => takeSnapshot(branch, world, request, startedAt),
    taken: (branch) => world.capture(branch, { tier: "release", ...request }),
  });
  assertFresh(request, `point ${taken.point}`, taken.startedAt, startedAt);
  const proof = await provePoint(workflow, world, taken.point);
  return workflow.step("write the receipt", () => writeReceipt(world, request, { startedAt, snapshot, proof }));
};

const checkNames = ({ database, release, commit }: ReleaseRequest): void => {
  const bytes = Buffer.byteLength(database);
  if (bytes === 0 || bytes > DATABASE_BYTES_MAX)
    throw new Failure("USAGE", `the database's name has ${bytes} bytes, expected 1 to ${DATABASE_BYTES_MAX}`);
  if (!RELEASE_ID.test(release))
    throw new Failure("USAGE", `"${shown(release)}" is no release id: expected ${RELEASE_ID_WORDS}`);
  if (!COMMIT_HASH.test(commit))
    throw new Failure("USAGE", `"${shown(commit)}" is no commit: expected ${COMMIT_HASH_WORDS}`);
};

const shown = (text: string): string => text.slice(0, 80).replaceAll(/[^ -~]/g, "?");

const begin = async (world: ReleaseWorld, request: ReleaseRequest): Promise<Begun> => {
  const receipt = await findReceipt(world.evidence, request);
  if (receipt !== undefined) {
    assertSameCommit(receipt.commit, request);
    return { receipt };
  }
  const startedAt = world.clock.now();
  const claim = { format: 1, kind: "release claim", ...request, claimedAt: startedAt } satisfies ReleaseClaim;
  const name = claimName(request.database, request.release);
  assertSameCommit((await putOnce<ReleaseClaim>(world.evidence, name, claim)).commit, request);
  return { startedAt };
};

const assertSameCommit = (taken: string, { database, release, commit }: ReleaseRequest): void => {
  if (taken === commit) return;
  throw new Failure("RELEASE_TAKEN", `release ${release} of ${database} stands for commit ${taken}, not ${commit}`, {
    facts: { database, release, commit, taken },
  });
};

/** What a try of this release that died before its receipt took is adopted, unless it is old. */
const assertFresh = ({ release }: ReleaseRequest, what: string, takenAt: number, startedAt: number): void => {
  const ageMs = startedAt - takenAt;
  if (ageMs <= ADOPTED_MS_MAX) return;
  const hours = Math.floor(ageMs / HOUR_MS);
  throw new Failure(
    "RELEASE_STALE",
    `${what} was taken for release ${release} ${hours} h ago, by a try that never ended`,
    { facts: { release, takenAt } },
  );
};

const takeSnapshot = async (
  workflow: Workflow,
  { instance }: ReleaseWorld,
  release: ReleaseRequest,
  startedAt: number,
): Promise<Snapshot | null> => {
  if (instance === undefined) return null;
  const request = {
    instance: instance.of,
    release: release.release,
    commit: release.commit,
    expiresAt: startedAt + INSTANCE_SNAPSHOT_MS,
  };
  const { id, arn, databaseTime, expiresAt } = await takeInstanceSnapshot(workflow, instance.snapshots, request);
  // One that is adopted keeps the expiry of the try that began it, and so tells when that was. Aurora tells nothing else.
  assertFresh(release, `snapshot ${id}`, expiresAt - INSTANCE_SNAPSHOT_MS, startedAt);
  return { id, arn, ...(databaseTime === undefined ? {} : { takenAt: databaseTime }), expiresAt };
};

interface Taken {
  readonly startedAt: number;
  readonly snapshot: Snapshot | null;
  readonly proof: PointProof;
}

const writeReceipt = async (
  { evidence, clock, signer }: ReleaseWorld,
  { database, release, commit }: ReleaseRequest,
  { startedAt, snapshot, proof: { vaultId, point, read } }: Taken,
): Promise<ReleaseReceipt> => {
  const receipt: ReleaseReceipt = {
    format: 1,
    kind: "release receipt",
    database,
    release,
    commit,
    vaultId,
    point,
    ...(snapshot === null ? {} : { instanceSnapshot: snapshot }),
    proof: { level: "read", ...read, ...POINT_CLAIMS },
    startedAt,
    finishedAt: clock.now(),
  };
  const signature = await signer?.sign(signedBytes(receipt));
  const sealed = signature === undefined ? receipt : { ...receipt, signature: { ...signature } };
  // Somebody may have opened the same release at the same time: the first receipt is the receipt.
  const written = await putOnce<ReleaseReceipt>(evidence, receiptName(database, release), sealed);
  assertSameCommit(written.commit, { database, release, commit });
  return written;
};
