import type { Hold } from "../../lib/model/hold.ts";
import type { RecordProof, ReportPeriod } from "../../lib/model/report.ts";
import type { EpochMs } from "../../lib/model/units.ts";
import type { DailyVerification, Light, PromisedPoint } from "../../lib/model/verification.ts";
import type { ReportEvidence } from "../../lib/report/evidence.ts";

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
/** Midnight in Copenhagen: summer time at the first, winter time at the second. */
export const PERIOD: ReportPeriod = {
  from: Date.UTC(2026, 7, 31, 22),
  to: Date.UTC(2026, 10, 30, 23),
  firstDay: "2026-09-01",
  endDay: "2026-12-01",
};
export const FIRST_NIGHT = Date.UTC(2026, 8, 1, 1);
export const DAYS = 91;
export const MARGIN_MS = 12 * HOUR_MS;

export const MISSING_DAY = 41;
export const LATE_DAY = 57;
export const UNVERIFIED_DAY = 66;
export const FAILED_DRILL_DAY = 49;
export const LATE_PART_DAY = 30;
export const HELD_DAY = 70;
export const OVERDUE_DAY = 60;

export const dayOf = (index: number): string => new Date(FIRST_NIGHT + index * DAY_MS).toISOString().slice(0, 10);
export const idOf = (index: number): string =>
  `${dayOf(index).replaceAll("-", "")}T010000Z-${(index * 7919 + 4093).toString(16)}`;

export const CLASSES = [
  { name: "financial", days: 28, rows: 41_200 },
  { name: "other", days: 28, rows: 1_310_000 },
  { name: "personal", days: 14, rows: 86_400 },
] as const;

/** Class whose rows leave a week after the day that they are of; its tables hold the visits of the shop. */
export const AGED = { name: "visits", days: 7, rowsOfDay: 18_000 } as const;
/** A day of visits begins at midnight in Copenhagen, and the nightly point comes three hours later. */
export const visitsDeadline = (day: number): number => FIRST_NIGHT + (day + AGED.days) * DAY_MS - 3 * HOUR_MS;
export const visitsOf = (day: number): string => `${AGED.name}_${dayOf(day)}`;
/** The days of visits that a point has, the youngest last. */
export const visitDays = (index: number): readonly number[] =>
  Array.from({ length: AGED.days }, (_, i) => index - AGED.days + 1 + i);

export const verificationOf = (index: number, startedAt: EpochMs): DailyVerification => {
  const isMissing = index >= MISSING_DAY && index < MISSING_DAY + 3;
  const isOverdue = index >= OVERDUE_DAY + 14;
  const failed = index === FAILED_DRILL_DAY;
  const light: Light = isMissing || isOverdue || failed ? "red" : index === LATE_DAY ? "yellow" : "green";
  const promised: PromisedPoint[] = Array.from({ length: 3 }, (_, back) => {
    const of = index - back;
    const found = of === MISSING_DAY ? "missing" : of === LATE_DAY ? "late" : "present";
    return { expectedAt: FIRST_NIGHT + of * DAY_MS, found, ...(found === "missing" ? {} : { point: idOf(of) }) };
  });
  return {
    day: dayOf(index),
    startedAt,
    finishedAt: startedAt + 240_000,
    light,
    tiers: [
      {
        database: "shop",
        tier: "hot",
        light,
        reasons: isMissing ? [`the point of ${dayOf(MISSING_DAY)} is missing`] : isOverdue ? ["1 part is overdue"] : [],
        promised,
      },
    ],
    invariants: [
      {
        id: "I-01",
        result: isOverdue ? "broken" : "holds",
        found: isOverdue ? "1 part past its deadline" : "93 parts, none past its deadline",
      },
      { id: "I-02", result: "holds", found: "93 parts end their locks before they are due" },
      { id: "I-03", result: "holds", found: "2,914 objects, each named" },
      { id: "I-04", result: "holds", found: "24 parts that went were looked for, none found" },
      { id: "I-06", result: "holds", found: "1 hold, of two people, to be reviewed" },
      { id: "I-07", result: "not applicable", found: "there is no ledger of erasures" },
      { id: "I-10", result: "holds", found: "the chain and its head hold" },
    ],
    rotation: {
      cycleDays: 7,
      turns: [],
      points: [idOf(index), idOf(index - 1)],
      objects: 611,
      bytes: 118_000_000,
      rows: 2_875_200,
      problems: 0,
      allReadSince: startedAt - 6 * DAY_MS,
    },
    ...(index % 7 === 0
      ? { drill: { point: idOf(index), rows: 1_437_600, equal: !failed, restoreMs: 61_000, elapsedMs: 118_000 } }
      : {}),
  };
};

export const HOLD: Hold = {
  id: "h-0007",
  basis: "Art. 17(3)(e) GDPR",
  matter: "CLAIM-2026-118",
  parts: ["financial", "personal"].map((name) => ({ store: "hot", id: idOf(HELD_DAY), class: name })),
  reviewAt: Date.UTC(2027, 0, 31),
  requested: { by: "claims-desk", at: FIRST_NIGHT + 72 * DAY_MS + 8 * HOUR_MS },
  approved: { by: "data-protection", at: FIRST_NIGHT + 73 * DAY_MS + 9 * HOUR_MS },
};

export const SCHEDULE: ReportEvidence["schedule"] = [
  {
    class: "personal",
    tables: ["public.customers", "public.addresses"],
    purpose: "delivering orders",
    legalBasis: "Art. 6(1)(b) GDPR",
    max: "P14D",
  },
  {
    class: "financial",
    tables: ["public.invoices*"],
    purpose: "bookkeeping",
    legalBasis: "Art. 6(1)(c) GDPR; § 147 AO",
    max: "P11Y",
    min: "P10Y from end of year",
    archive: "monthly P11Y",
    lock: "compliance P10Y",
  },
  {
    class: "visits",
    tables: ["public.visits"],
    purpose: "finding out what fails",
    legalBasis: "Art. 6(1)(f) GDPR",
    max: "P28D",
    rowAge: "P7D from the day of seen_at",
  },
  { class: "other", tables: ["public.*"], purpose: "running the shop", legalBasis: "Art. 6(1)(f) GDPR", max: "P28D" },
];

export const proofOf = (seq: number, size: number): RecordProof => ({
  index: seq - 1,
  size,
  path: Array.from({ length: 11 }, (_, level) =>
    ((seq * 31 + level * 17) % 251).toString(16).padStart(2, "0").repeat(32),
  ),
});
