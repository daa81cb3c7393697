import type { ObjectFacts, ObjectStore } from "../ports/object-store.ts";
import { attemptPoint, workPlace } from "./board.ts";

/** Workers live for a quarter of an hour; what is younger than this may still be wanted by one whose intent nobody sees. */
export const WORK_SPARED_MS = 3_600_000;

interface Seen {
  readonly live: readonly { readonly id: string }[];
  readonly points: ReadonlySet<string>;
  readonly withdrawn: ReadonlySet<string>;
}

/**
 * What capture runs left that nobody needs any more: what their machines told each other, once their intents are over, and
 * points that were withdrawn. The record of an attempt stays as long as its point: by it the same run, asked for again,
 * finds its point instead of making another.
 */
export async function* workLeft(hot: ObjectStore, seen: Seen): AsyncGenerator<ObjectFacts> {
  const live = new Set(seen.live.map(({ id }) => id));
  for await (const facts of hot.list("work/")) {
    const place = workPlace(facts.name);
    const pointId = place.kind === "attempt" ? await attemptPoint(hot, facts.name) : place.pointId;
    if (pointId !== undefined && live.has(pointId)) continue;
    if (place.kind === "attempt" && pointId !== undefined && seen.points.has(pointId)) continue;
    yield facts;
  }
  // In the order of generations: one that is left over must not come to be the newest.
  for await (const facts of hot.list("points/")) {
    const id = facts.name.split("/")[1] as string;
    if (seen.withdrawn.has(id) && !live.has(id)) yield facts;
  }
}
