import { formatDuration, formatInstant, formatNumber } from "../model/measure.ts";
import type { Tier } from "../model/point.ts";
import type { EpochMs } from "../model/units.ts";
import type { InvariantResult, Light, PromisedPoint, TierVerdict } from "../model/verification.ts";

const ORDER: readonly Light[] = ["green", "yellow", "red"];

/** Nothing is green because nothing was looked at: of no lights, the worst is red. */
export const worstOf = (lights: readonly Light[]): Light =>
  lights.length === 0 ? "red" : (ORDER[Math.max(...lights.map((light) => ORDER.indexOf(light)))] as Light);

/** What is known of one database and tier. */
export interface TierFacts {
  readonly database: string;
  readonly tier: Tier;
  readonly now: EpochMs;
  readonly promised: readonly PromisedPoint[];
  /** When the newest point or archive there is began; undefined if there is none. */
  readonly newestAt: EpochMs | undefined;
  /** By when the next is to be there, where a schedule promises one. */
  readonly nextBy: EpochMs | undefined;
  /** Points or archives of which something is missing or damaged, with what is wrong with the first. */
  readonly damaged: readonly { readonly id: string; readonly problem: string }[];
  /** Parts past their deadlines that nothing holds. */
  readonly overdue: number;
  /** Why no drill was made when one was promised. */
  readonly drillMissed: string | undefined;
}

interface Reason {
  readonly light: Exclude<Light, "green">;
  readonly text: string;
}

/** One light, and why it is not green. A gap is told as long as what was promised would still be there. */
export const tierVerdict = (facts: TierFacts): TierVerdict => {
  const { database, tier, promised } = facts;
  const reasons = [...absence(facts), ...gaps(facts), ...harm(facts)];
  return {
    database,
    tier,
    light: worstOf(["green", ...reasons.map((reason) => reason.light)]),
    reasons: reasons.toSorted((a, b) => ORDER.indexOf(b.light) - ORDER.indexOf(a.light)).map((reason) => reason.text),
    promised,
  };
};

const NOUN: Readonly<Record<Tier, string>> = { hot: "hot point", archive: "archive", release: "release point" };

const absence = ({ tier, now, newestAt, nextBy, promised }: TierFacts): readonly Reason[] => {
  if (newestAt === undefined) {
    // Nobody promises releases or an archive that is not due yet.
    if (tier !== "hot") return [];
    // A point is promised from the first one on: where one was, there was something to lose.
    const why = promised.length > 0 ? "all that were captured are gone" : "none was captured yet, or all have expired";
    return [{ light: "red", text: `there is no hot point: ${why}` }];
  }
  if (nextBy === undefined || now <= nextBy) return [];
  return [
    {
      light: "yellow",
      text: `the newest ${NOUN[tier]} is ${formatDuration(now - newestAt)} old, the next was to be there by ${formatInstant(nextBy)}`,
    },
  ];
};

const gaps = ({ tier, promised }: TierFacts): readonly Reason[] => {
  const newest = promised.at(-1);
  const missing = promised.filter((one) => one.found === "missing");
  const incomplete = promised.filter((one) => one.found === "incomplete");
  const lightOf = (some: readonly PromisedPoint[]): Reason["light"] =>
    newest !== undefined && some.includes(newest) ? "red" : "yellow";
  return [
    ...(missing.length === 0
      ? []
      : [
          {
            light: lightOf(missing),
            text: `${formatNumber(missing.length, NOUN[tier])} missing of ${promised.length} promised, the newest expected by ${formatInstant(missing.at(-1)?.expectedAt as number)}`,
          },
        ]),
    ...(incomplete.length === 0
      ? []
      : [
          {
            light: lightOf(incomplete),
            text: `${formatNumber(incomplete.length, NOUN[tier])} not whole, the newest ${incomplete.at(-1)?.point}`,
          },
        ]),
    ...(newest?.found === "late"
      ? [
          {
            light: "yellow" as const,
            text: `the ${NOUN[tier]} expected by ${formatInstant(newest.expectedAt)} came late`,
          },
        ]
      : []),
  ];
};

const harm = ({ tier, damaged, overdue, drillMissed }: TierFacts): readonly Reason[] => [
  ...(damaged[0] === undefined
    ? []
    : [
        {
          light: "red" as const,
          text: `${formatNumber(damaged.length, NOUN[tier])} damaged, ${damaged[0].id} first: ${damaged[0].problem}`,
        },
      ]),
  ...(overdue === 0
    ? []
    : [{ light: "red" as const, text: `${formatNumber(overdue, "part")} past the deadline and not held` }]),
  ...(drillMissed === undefined ? [] : [{ light: "yellow" as const, text: drillMissed }]),
];

/** A broken invariant is red; one that is not applicable has no light. */
export const invariantLights = (invariants: readonly InvariantResult[]): readonly Light[] =>
  invariants.filter((one) => one.result !== "not applicable").map((one) => (one.result === "holds" ? "green" : "red"));
