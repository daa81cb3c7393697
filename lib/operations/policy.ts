import { listArchiveParts } from "../engine/archive/list-archive-parts.ts";
import { getParts, listPoints } from "../engine/points.ts";
import type { Vault } from "../engine/vault.ts";
import type { ArchiveTimes } from "../model/archive.ts";
import type { ScheduleName } from "../model/audit.ts";
import { Failure } from "../model/errors.ts";
import type { Point, Tier } from "../model/point.ts";
import type { Policy, PolicyProblem, Term } from "../model/policy.ts";
import type { BusinessDay } from "../model/row-age.ts";
import type { EpochMs } from "../model/units.ts";
import { archiveTimes } from "../policy/archive-times.ts";
import { classify } from "../policy/classify.ts";
import { dayTimes, type PartTimes, WORKER_EVERY_MS } from "../policy/deadlines.ts";
import { type ArchiveVerdict, dueArchivePartsOf } from "../policy/due-archive-parts.ts";
import { classTimes, duePartsOf, type PartVerdict } from "../policy/due-parts.ts";
import { readPolicy } from "../policy/read-policy.ts";
import { rowAgesAt } from "../policy/row-ages.ts";
import { schedulesOf } from "../policy/schedules.ts";
import { writeTerm } from "../policy/term.ts";
import type { RetainedStore } from "../ports/retained-store.ts";

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
  /** What holds for the rows of classes whose rows leave by their age. */
  readonly rowAges: readonly {
    readonly class: string;
    readonly column: string;
    readonly max: string;
    /** The oldest day whose rows a capture takes now, and today. */
    readonly firstDay: string;
    readonly lastDay: string;
    /** A part of each in every point, if it has rows. */
    readonly days: number;
    /** Of today's rows, in every point that ever shows them. */
    readonly times: PartTimes;
  }[];
  /** What holds for an archive of what is captured now, by class and schedule. */
  readonly archives: readonly {
    readonly class: string;
    readonly schedule: ScheduleName;
    /** How long it is kept at most. */
    readonly keep: string;
    readonly times: ArchiveTimes;
  }[];
  /** Tables of the newest point of each database that the policy names. */
  readonly tables: readonly {
    readonly database: string;
    readonly table: string;
    readonly class: string | null;
    /** The pattern that chose the class, or why there is none and what to do. */
    readonly because: string;
  }[];
  /** Parts there are, of points and archives, in order of their deadlines. */
  readonly expiries: readonly ExplainedPart[];
  /** What the policy leaves open about them. */
  readonly notices: readonly { readonly point: string; readonly message: string }[];
}

/** What a policy means for a part there is. */
export interface ExplainedPart {
  /** A point's id, or an archive's. */
  readonly point: string;
  readonly database: string;
  readonly tier: Tier;
  readonly class: string;
  readonly verdict: PartVerdict["verdict"] | ArchiveVerdict["verdict"];
  readonly deleteAt: EpochMs;
  readonly deadline: EpochMs;
  /** The term that ends first, in words. */
  readonly because: string;
}

/**
 * What a policy means: for a capture taken now, for each table of the vault's newest points, and for every point and archive
 * there is. Changes nothing.
 */
export const explainPolicy = async (
  policy: Policy,
  { vault, archive }: { readonly vault?: Vault | undefined; readonly archive?: RetainedStore | undefined },
  now: EpochMs,
): Promise<PolicyExplained> => {
  const points = vault === undefined ? [] : await listPoints(vault.hot);
  const tables: PolicyExplained["tables"][number][] = [];
  for (const name of policy.databases) {
    const newest = points.findLast((point) => point.database === name);
    if (vault !== undefined && newest !== undefined) tables.push(...(await tablesOf(vault, newest, policy)));
  }
  const hot = duePartsOf(policy, points, now);
  const archived = archive === undefined ? [] : (await listArchiveParts(archive)).parts;
  // Whoever only wants to know is told by the clock there is; what deletes looks at it twice.
  const long = dueArchivePartsOf(policy, archived, now, { verdict: "ok", trusted: now });
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
    rowAges: rowAgesExplained(policy, now),
    archives: policy.classes.flatMap((one) =>
      schedulesOf(one).map((schedule) => ({
        class: one.name,
        schedule,
        keep: writeTerm(one.archive?.[schedule] as Term),
        times: archiveTimes(policy, one, schedule, { startedAt: now, finishedAt: now }),
      })),
    ),
    tables,
    expiries: [...hot.parts.map(explainedPoint), ...long.parts.map(explainedArchive)].toSorted(
      (a, b) => a.deadline - b.deadline || (a.point < b.point ? -1 : 1),
    ),
    notices: [
      ...hot.notices.map(({ point, message }) => ({ point, message })),
      ...long.notices.map(({ part, message }) => ({ point: part.id, message })),
    ],
  };
};

const rowAgesExplained = (policy: Policy, now: EpochMs): PolicyExplained["rowAges"] => {
  const ages = rowAgesAt(policy, now);
  const rules = { timeZone: policy.timeZone, workerEveryMs: WORKER_EVERY_MS };
  return policy.classes.flatMap(({ name, rowAge }) => {
    if (rowAge === undefined) return [];
    const days = ages.get(name)?.days ?? [];
    // No age of a policy ends within a day: today's rows are always captured.
    const [first, today] = [days[0], days.at(-1)] as [BusinessDay, BusinessDay];
    return [
      {
        class: name,
        column: rowAge.column,
        max: writeTerm(rowAge.max),
        firstDay: first.day,
        lastDay: today.day,
        days: days.length,
        times: dayTimes(rowAge.max, today.startsAt, rules),
      },
    ];
  });
};

const explainedPoint = ({ startedAt: _, ...part }: PartVerdict): ExplainedPart => part;

const explainedArchive = ({ part, database, verdict, deleteAt, deadline, because }: ArchiveVerdict): ExplainedPart => ({
  point: part.id,
  database,
  tier: "archive",
  class: part.class,
  verdict,
  deleteAt,
  deadline,
  because,
});

const tablesOf = async (
  vault: Vault,
  point: Point,
  policy: Policy,
): Promise<readonly PolicyExplained["tables"][number][]> => {
  const { parts } = await getParts(vault, point);
  // A table whose rows leave by their age is in several parts of a point.
  const names = new Map(
    parts.flatMap((part) => part.tables.map(({ facts }) => [`${facts.schema}.${facts.name}`, facts])),
  );
  return [...names.values()]
    .map(({ schema, name }) => {
      const found = classify(policy.classes, { database: point.database, schema, name });
      const table = { database: point.database, table: `${schema}.${name}` };
      return "class" in found
        ? { ...table, class: found.class.name, because: `"${found.pattern}"` }
        : { ...table, class: null, because: `${found.problem}: ${found.fix}` };
    })
    .toSorted((a, b) => (a.table < b.table ? -1 : 1));
};
