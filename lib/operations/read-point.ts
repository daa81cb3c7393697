import { encodeDocument, sha256 } from "../engine/document.ts";
import { newestGeneration } from "../engine/points.ts";
import type { Vault } from "../engine/vault.ts";
import { verifySlice } from "../engine/verify.ts";
import { Failure } from "../model/errors.ts";
import { type PartRef, type Point, tablesIn } from "../model/point.ts";
import type { ProvenPoint } from "../model/release.ts";
import type { Clock } from "../ports/clock.ts";
import type { WorkerFunction, Workflow } from "../ports/workflow.ts";

/** Kind of the workers that read a point back. They may open chunks; those that capture may not. */
export const READ_WORKER = "read";

/** Kept for the page at hand when a call's time ends. */
const RESERVE_MS = 60_000;

/** What one reader is asked: its share of a point. */
export type ReadTask = {
  readonly point: string;
  readonly lane: number;
  readonly lanes: number;
};

/** What was fetched and opened: of every layer, so more than the point's own rows. */
type Counts = { readonly objects: number; readonly bytes: number; readonly rows: number };

type ReadCursor = Counts & { readonly next: number };

/** What a proof says about a point. */
type PointFacts = {
  readonly vaultId: string;
  readonly point: ProvenPoint;
};

/** Found by one reader: nothing is wrong in its share, or it throws. */
type ReadResult = PointFacts & { readonly read: Counts };

/** That a point reads back, all of it. */
export type PointProof = ReadResult;

/**
 * Has a point read back by workers side by side.
 * @throws what readPointBack throws
 */
export const provePoint = async (
  workflow: Workflow,
  { readers }: { readonly readers: number },
  point: string,
): Promise<PointProof> => {
  const tasks = Array.from({ length: readers }, (_, lane): ReadTask => ({ point, lane, lanes: readers }));
  const shares = await workflow.runWorkers<ReadResult>("read the point back", READ_WORKER, tasks);
  const [first, ...others] = shares;
  if (first === undefined) throw new TypeError("a point is read back by one reader or more");
  if (others.some((share) => share.point.sha256 !== first.point.sha256))
    throw new Failure("CAPTURE_RUNNING", `point ${point} was folded while it was read back`, {
      hint: "run again: it is read back as it is then",
    });
  return { ...first, read: shares.map((share) => share.read).reduce(added) };
};

const added = (one: Counts, two: Counts): Counts => ({
  objects: one.objects + two.objects,
  bytes: one.bytes + two.bytes,
  rows: one.rows + two.rows,
});

interface ReadWorld {
  /** Asked on every call: keys are kept no longer than one. */
  readonly openVault: () => Promise<Vault>;
  readonly clock: Clock;
  readonly warn: (message: string) => void;
}

/**
 * A reader of points: fetches and opens everything a point leads to, as verify does at level read, in shares that stop at
 * the deadline and go on.
 * @throws what is wrong with the point as the Failure of the first problem; POINT_NOT_FOUND, STORE_*
 */
export const readPointBack =
  ({ openVault, clock, warn }: ReadWorld): WorkerFunction =>
  async ({ task, cursor }, { deadlineMs }) => {
    const endsMs = clock.elapsedMs() + deadlineMs;
    const { point: id, lane, lanes } = task as ReadTask;
    const { next, ...before } = (cursor ?? NOTHING_READ) as ReadCursor;
    const vault = await openVault();
    const point = await newestGeneration(vault.hot, id);
    if (point === undefined)
      throw new Failure("POINT_NOT_FOUND", `point ${id} is not in the vault`, { facts: { point: id } });
    const slice = await verifySlice(
      { vault, clock, progress: () => {}, signal: new AbortController().signal },
      { point, lane, lanes, from: next, enough: () => clock.elapsedMs() >= endsMs - RESERVE_MS },
    );
    const [problem] = slice.problems;
    if (problem !== undefined) {
      for (const { code, message } of slice.problems) warn(`${code}: ${message}`);
      const others = slice.problems.length - 1;
      const more = others === 0 ? "" : `, and ${others} more ${others === 1 ? "problem" : "problems"}`;
      throw new Failure(problem.code, `point ${id} does not read back: ${problem.message}${more}`, {
        facts: { point: id, object: problem.object, table: problem.table },
        hint: "do not rely on this point: take a whole one with lastgood capture --base, then use a new release id",
      });
    }
    const read = added(before, { objects: slice.objects, bytes: slice.bytes, rows: slice.rows });
    return slice.next === undefined
      ? { result: { ...factsOf(point), read } satisfies ReadResult }
      : { cursor: { next: slice.next, ...read } satisfies ReadCursor };
  };

const NOTHING_READ: ReadCursor = { next: 0, objects: 0, bytes: 0, rows: 0 };

const factsOf = (point: Point): PointFacts => {
  const sum = (count: (part: PartRef) => number): number => point.parts.reduce((all, part) => all + count(part), 0);
  return {
    vaultId: point.vaultId,
    point: {
      id: point.id,
      sha256: sha256(encodeDocument(point)),
      takenAt: point.snapshot.takenAt,
      tables: tablesIn(point.parts),
      rows: sum((part) => part.rows),
      sealedBytes: sum((part) => part.sealedBytes),
    },
  };
};
