import type { Policy, Term } from "../model/policy.ts";
import { goneBy } from "./deadlines.ts";
import { writeTerm } from "./term.ts";

/** Terms are compared on a day in a month of 31 days, when no clock changes. */
const COMPARED_AT = Date.UTC(2027, 0, 1);

export interface Contradiction {
  /** Where in the file, as `["tiers", "hot", "window"]`. */
  readonly path: readonly string[];
  readonly message: string;
}

/** What a policy promises and cannot keep. */
export const contradictionsOf = ({ hot, classes }: Policy): readonly Contradiction[] => [
  ...(lasts(hot.every) < lasts(hot.window)
    ? []
    : [
        {
          path: ["tiers", "hot", "window"],
          message: `a point every ${writeTerm(hot.every)} that is kept for ${writeTerm(hot.window)} leaves times without a point: give a longer window`,
        },
      ]),
  ...classes
    .filter(({ tables }) => new Set(tables).size < tables.length)
    .map(({ name }) => ({
      path: ["classes", name, "tables"],
      message: "names a table twice: leave one out",
    })),
  ...sharedPatterns(classes),
];

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

const lasts = (term: Term): number => goneBy(term, COMPARED_AT, "UTC") - COMPARED_AT;
