import type { Policy, Term } from "../model/policy.ts";
import { DAY_MS } from "../model/units.ts";
import { archiveContradictions } from "./archive-contradictions.ts";
import { type Contradiction, lasts } from "./contradiction.ts";
import { WORKER_EVERY_MS } from "./deadlines.ts";
import { rowAgeContradictions } from "./row-age-contradictions.ts";
import { writeTerm } from "./term.ts";

/** The worker needs two rounds before a deadline: one that may fail, and one that does it. */
const TERM_MS_MIN = 2 * WORKER_EVERY_MS;
/** A restore that nobody has tried for longer is no promise. */
const DRILL_MS_MAX = 366 * DAY_MS;

/** What a policy promises and cannot keep. */
export const contradictionsOf = (policy: Policy): readonly Contradiction[] => {
  const { databases, classes, hot, release, verification, holders } = policy;
  return [
    ...repeated(["databases"], databases, "database"),
    ...classes.flatMap(({ name, max }) => tooShort(["classes", name, "max"], max)),
    ...classes.flatMap(({ name, tables }) =>
      new Set(tables).size < tables.length
        ? [{ path: ["classes", name, "tables"], message: "names a table twice: leave one out" }]
        : [],
    ),
    ...sharedPatterns(classes),
    ...classes.flatMap((one) =>
      one.rowAge === undefined ? archiveContradictions(policy, one) : rowAgeContradictions(one, one.rowAge),
    ),
    ...tooShort(["tiers", "hot", "window"], hot.window),
    ...tooShort(["tiers", "release", "window"], release.window),
    ...(lasts(hot.every) < lasts(hot.window)
      ? []
      : [
          {
            path: ["tiers", "hot", "window"],
            message: `a point every ${writeTerm(hot.every)} that is kept for ${writeTerm(hot.window)} leaves times without a point: give a longer window`,
          },
        ]),
    ...lessThanADay(["verification", "readAllWithin"], verification.readAllWithin),
    ...lessThanADay(["verification", "drillEvery"], verification.drillEvery),
    ...(lasts(verification.drillEvery) <= DRILL_MS_MAX
      ? []
      : [
          {
            path: ["verification", "drillEvery"],
            message: "a restore that was not tried for more than a year proves nothing: give at most P1Y",
          },
        ]),
    ...repeated(["approvals", "holds"], holders, "holder"),
  ];
};

const tooShort = (path: readonly string[], term: Term): readonly Contradiction[] =>
  lasts(term) >= TERM_MS_MIN
    ? []
    : [
        {
          path,
          message: `${writeTerm(term)} cannot be kept: the worker that deletes runs every hour and needs two rounds; give at least PT2H`,
        },
      ];

const lessThanADay = (path: readonly string[], term: Term): readonly Contradiction[] =>
  lasts(term) >= DAY_MS
    ? []
    : [{ path, message: `${writeTerm(term)} cannot be kept: verification runs once a day; give at least P1D` }];

const repeated = (path: readonly string[], names: readonly string[], noun: string): readonly Contradiction[] => {
  const name = names.find((one, index) => names.indexOf(one) < index);
  return name === undefined ? [] : [{ path, message: `names the ${noun} ${name} twice: leave one out` }];
};

/** The same words in two classes decide nothing, whatever tables there are. */
const sharedPatterns = (classes: Policy["classes"]): readonly Contradiction[] => {
  const owners = new Map<string, string>();
  const found: Contradiction[] = [];
  for (const { name, tables } of classes)
    for (const pattern of new Set(tables)) {
      const owner = owners.get(pattern);
      if (owner === undefined) owners.set(pattern, name);
      else
        found.push({
          path: ["classes", name, "tables"],
          message: `"${pattern}" is in class ${owner} too: leave it in one of them`,
        });
    }
  return found;
};
