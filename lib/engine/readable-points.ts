import type { Point } from "../model/point.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { readPointObject } from "./points.ts";
import { Problems, type VerifyProblem } from "./verify-report.ts";

export interface ReadablePoints {
  /** Newest generations, oldest point first. */
  readonly points: readonly Point[];
  /** Points that an older generation still names: a fold did not come to take it away. */
  readonly older: readonly Point[];
  /** Documents that cannot be read. */
  readonly problems: readonly VerifyProblem[];
}

/** Names of all generations of points, lowest first, by point. */
export const pointNames = async (hot: ObjectStore): Promise<ReadonlyMap<string, readonly string[]>> => {
  const names = new Map<string, string[]>();
  for await (const { name } of hot.list("points/")) {
    const id = name.split("/")[1] as string;
    names.set(id, [...(names.get(id) ?? []), name]);
  }
  return names;
};

/**
 * Every point that can be read: a damaged document hides its own point and no other.
 * @throws STORE_*
 */
export const readablePoints = async (
  hot: ObjectStore,
  names: ReadonlyMap<string, readonly string[]>,
): Promise<ReadablePoints> => {
  const problems = new Problems();
  const points: Point[] = [];
  const older: Point[] = [];
  for (const [id, generations] of names)
    for (const name of generations) {
      const point = await problems.attempt({ point: id, object: name }, () => readPointObject(hot, name));
      if (point === undefined || point === "withdrawn") continue;
      (name === generations.at(-1) ? points : older).push(point);
    }
  points.sort((a, b) => a.startedAt - b.startedAt || (a.id < b.id ? -1 : 1));
  return { points, older, problems: problems.all };
};
