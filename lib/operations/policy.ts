import { getParts, listPoints } from "../engine/points.ts";
import type { Vault } from "../engine/vault.ts";
import { Failure } from "../model/errors.ts";
import type { Point } from "../model/point.ts";
import type { Policy, PolicyProblem } from "../model/policy.ts";
import { classify } from "../policy/classify.ts";
import type { PartTimes } from "../policy/deadlines.ts";
import { classTimes } from "../policy/due-parts.ts";
import { readPolicy } from "../policy/read-policy.ts";
import { writeTerm } from "../policy/term.ts";

/** What a policy file says, or everything that is wrong with it. */
export const checkPolicy = (
  text: string,
): {
  readonly policy?: Policy;
  readonly problems: readonly PolicyProblem[];
  /** What it can keep, and whoever wrote it may not have meant. */
  readonly notices: readonly PolicyProblem[];
} => {
  const read = readPolicy(text);
  return "policy" in read ? { ...read, problems: [] } : { ...read, notices: [] };
};

/**
 * Reads a policy that is to be acted on.
 * @throws POLICY_INVALID  with the place of the first problem and the number of others
 */
export const loadPolicy = (file: string, text: string): Policy => {
  const read = readPolicy(text);
  if ("policy" in read) return read.policy;
  const [first, ...others] = read.problems as readonly [PolicyProblem, ...PolicyProblem[]];
  const more = others.length === 0 ? "" : `; and ${others.length} more`;
  throw new Failure("POLICY_INVALID", `${problemLine(file, first)}${more}`, {
    facts: { file, line: first.line, column: first.column },
  });
};

/** `lastgood.yaml:3:10 classes.personal.max: expected ...` */
export const problemLine = (file: string, { line, column, path, message }: PolicyProblem): string =>
  `${file}:${line}:${column} ${path === "" ? "" : `${path}: `}${message}`;

export interface PolicyExplained {
  /** What holds for a part that is captured now, by class and tier. */
  readonly classes: readonly {
    readonly class: string;
    readonly tier: "hot" | "release";
    readonly max: string;
    readonly window: string;
    readonly purpose: string;
    readonly legalBasis: string;
    readonly times: PartTimes;
  }[];
  /** Tables of the newest point of each database that the policy names. */
  readonly tables: readonly {
    readonly database: string;
    readonly table: string;
    readonly class: string | null;
    /** The pattern that chose the class, or why there is none and what to do. */
    readonly because: string;
  }[];
  /** Parts there are, in order of their deadlines: what the policy means for each table's class. */
  readonly expiries: readonly {
    readonly point: string;
    readonly database: string;
    readonly tier: string;
    readonly class: string;
    readonly deleteAt: number;
    readonly deadline: number;
  }[];
}

/**
 * What a policy means: for a capture taken now, for each table of the vault's newest points, and for every point there is.
 * Changes nothing.
 */
export const explainPolicy = async (
  policy: Policy,
  vault: Vault | undefined,
  now: number,
): Promise<PolicyExplained> => {
  const points = vault === undefined ? [] : await listPoints(vault.hot);
  const tables: PolicyExplained["tables"][number][] = [];
  const expiries: PolicyExplained["expiries"][number][] = [];
  for (const name of policy.databases) {
    const own = points.filter((point) => point.database === name);
    const newest = own.at(-1);
    if (vault === undefined || newest === undefined) continue;
    const found = await tablesOf(vault, newest, policy);
    tables.push(...found);
    const classes = policy.classes.filter((one) => found.some((table) => table.class === one.name));
    for (const point of own)
      for (const one of classes) {
        if (point.expired?.some((part) => part.class === one.name)) continue;
        const { deleteAt, deadline } = classTimes(
          policy,
          one,
          point.tier === "release" ? "release" : "hot",
          point.startedAt,
        );
        expiries.push({ point: point.id, database: name, tier: point.tier, class: one.name, deleteAt, deadline });
      }
  }
  return {
    classes: policy.classes.flatMap((one) =>
      (["hot", "release"] as const).map((tier) => ({
        class: one.name,
        tier,
        max: writeTerm(one.max),
        window: writeTerm(policy[tier].window),
        purpose: one.purpose,
        legalBasis: one.legalBasis,
        times: classTimes(policy, one, tier, now),
      })),
    ),
    tables,
    expiries: expiries.toSorted((a, b) => a.deadline - b.deadline || (a.point < b.point ? -1 : 1)),
  };
};

const tablesOf = async (
  vault: Vault,
  point: Point,
  policy: Policy,
): Promise<readonly PolicyExplained["tables"][number][]> => {
  const { parts } = await getParts(vault, point);
  const names = parts.flatMap((part) => part.tables.map(({ facts }) => ({ schema: facts.schema, name: facts.name })));
  return names
    .map(({ schema, name }) => {
      const found = classify(policy.classes, { database: point.database, schema, name });
      const table = { database: point.database, table: `${schema}.${name}` };
      return "class" in found
        ? { ...table, class: found.class.name, because: `"${found.pattern}"` }
        : { ...table, class: null, because: `${found.problem}: ${found.fix}` };
    })
    .toSorted((a, b) => (a.table < b.table ? -1 : 1));
};
