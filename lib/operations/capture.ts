import { type CaptureOptions, type CaptureReport, type CaptureWorld, capture } from "../engine/capture.ts";
import { Failure } from "../model/errors.ts";
import type { Part, Point } from "../model/point.ts";
import type { Policy } from "../model/policy.ts";
import { classify } from "../policy/classify.ts";
import { rowAgesAt } from "../policy/row-ages.ts";

/** Until a policy says otherwise, every table is of one class. */
export const DEFAULT_CLASS = "default";

export type { CaptureReport };

export interface CaptureRequest extends Omit<CaptureOptions, "classesOf" | "classes" | "roles" | "rowAges"> {
  /** Splits the point into a part for each class; without it there is one class. */
  readonly policy?: Policy | undefined;
}

/**
 * Takes a restore point of a database.
 * @throws TABLE_UNCLASSIFIED  the policy gives a table no class, or more than one: nothing is captured
 * @throws what capture throws
 */
export const captureDatabase = async (
  world: CaptureWorld,
  { policy, ...request }: CaptureRequest,
): Promise<CaptureReport> =>
  capture(world, {
    ...request,
    ...(policy === undefined
      ? { classesOf: (tables) => tables.map(() => DEFAULT_CLASS), classes: [DEFAULT_CLASS] }
      : classesBy(policy, world.source.database)),
  });

const classesBy = (
  policy: Policy,
  database: string,
): Pick<CaptureOptions, "classesOf" | "classes" | "roles" | "rowAges"> => {
  if (!policy.databases.includes(database))
    throw new Failure(
      "POLICY_INVALID",
      `the policy is not for database ${database}, but for ${policy.databases.join(", ")}`,
      {
        hint: "add the database to the policy, or give the policy that is for it",
      },
    );
  return {
    classes: policy.classes.map((one) => one.name),
    roles: new Map(policy.classes.flatMap(({ name, role }) => (role === undefined ? [] : [[name, role]]))),
    rowAges: (startedAt) => rowAgesAt(policy, startedAt),
    classesOf(tables) {
      const found = tables.map(({ schema, name }) => classify(policy.classes, { database, schema, name }));
      const [first, ...others] = found.flatMap((one) => ("problem" in one ? [one] : []));
      if (first === undefined) return found.map((one) => ("class" in one ? one.class.name : ""));
      const more = others.length === 0 ? "" : `; and ${others.length} more`;
      throw new Failure("TABLE_UNCLASSIFIED", `${first.problem}${more}`, {
        hint: `${first.fix}; lastgood policy explain lists every table`,
      });
    },
  };
};

/** What the capture that made a point reported, told from the point: it may have run on another machine, or long ago. */
export const captureReportOf = (point: Point, parts: readonly Part[]): CaptureReport => ({
  point,
  tables: parts
    .flatMap((part) => part.tables)
    .map(({ facts, rows, taken, layers }) => {
      const layer = layers.find(({ pointId }) => pointId === point.id);
      const { rows: changedRows = 0, goneRows = 0 } = layer ?? {};
      const day = facts.slice?.day === undefined ? {} : { day: facts.slice.day };
      return { schema: facts.schema, name: facts.name, ...day, rows, taken, changedRows, goneRows };
    }),
  uncovered: parts[0]?.schema.uncovered ?? [],
  elapsedMs: point.finishedAt - point.startedAt,
});
