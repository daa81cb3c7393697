import { formatCount, formatDuration, formatInstant, formatNumber } from "../model/measure.ts";
import type { ComplianceReport, Finding, ReportTopic, ReportVerdict } from "../model/report.ts";
import type { Light } from "../model/verification.ts";
import { partWords } from "./acts.ts";
import type { ReportEvidence } from "./evidence.ts";
import { newestOf } from "./retention.ts";

type Facts = Omit<ComplianceReport, "verdict">;

/** What a topic says when nothing is found against it, and what is. */
interface Topic {
  readonly says: string;
  readonly findings: readonly (readonly [light: Finding["light"], section: number, says: string])[];
}

const DAY_MS = 86_400_000;
/** A head is signed once a day; two hours more is a job that took its time. */
const HEAD_AGE_MS_MAX = DAY_MS + 7_200_000;
const NAMED_MAX = 3;

/**
 * One light per topic and the worst of them for all. Green needs evidence: where there is none, it is yellow. It says whether
 * the policy's promises are shown to be kept, not whether a law is.
 */
export const verdictOf = (facts: Facts, evidence: ReportEvidence): ReportVerdict => {
  const topics: Readonly<Record<ReportTopic, Topic>> = {
    backups: backups(facts),
    retention: retention(facts),
    verification: verification(facts, evidence.days),
    restores: restores(facts, evidence.drillEvery),
    holds: holds(facts),
    evidence: chain(facts),
  };
  const about = Object.keys(topics) as ReportTopic[];
  const findings = about
    .flatMap((topic) =>
      topics[topic].findings.map(([light, section, says]) => ({ about: topic, light, section, says })),
    )
    .toSorted((a, b) => Number(b.light === "red") - Number(a.light === "red"));
  const lights = about.map((topic) => {
    const found = topics[topic].findings;
    const worst = found.find(([light]) => light === "red") ?? found[0];
    return { about: topic, light: worst?.[0] ?? ("green" as const), says: worst?.[2] ?? topics[topic].says };
  });
  const light = worstOf(lights);
  return { light, sentence: sentenceOf(light, facts), lights, findings };
};

const worstOf = (lights: readonly { readonly light: Light }[]): Light =>
  (["red", "yellow"] as const).find((light) => lights.some((one) => one.light === light)) ?? "green";

const sentenceOf = (light: Light, { integrity, captures, expiries, days }: Facts): string => {
  if (integrity.firstSeq === undefined && captures.length + expiries.length + days.length === 0)
    return "There is no evidence of this period: no act was recorded in it, and no point of it is in the vault.";
  if (light === "red") return "The evidence shows promises of the policy that were not kept.";
  if (light === "yellow")
    return "The evidence shows no promise of the policy that was broken, but not that each of them was kept.";
  return "The evidence shows that every promise of the policy that can be checked was kept.";
};

const backups = ({ captures, archives, missed, failures }: Facts): Topic => {
  const gone = missed.filter(({ found }) => found !== "late");
  const late = missed.length - gone.length;
  const failed = failures.filter(({ act }) => act === "capture" || act === "archive").length;
  return {
    says: `${formatNumber(captures.length, "point")} and ${formatNumber(archives.length, "archive part")} were made; none that was promised is missing.`,
    findings: [
      ...some("red", 6, gone.length, () => {
        const named = gone.map((row) => `${row.database} ${row.tier} of ${formatInstant(row.expectedAt)}`);
        return `${formatNumber(gone.length, "promised point")} missing or incomplete: ${listed(named)}.`;
      }),
      ...some("yellow", 6, late, () => `${formatNumber(late, "point")} came late.`),
      ...some("yellow", 5, failed, () => `${formatNumber(failed, "capture")} failed or ${wasOf(failed)} refused.`),
      ...some("yellow", 5, captures.length === 0, () => "No point was captured."),
    ],
  };
};

const retention = ({ expiries, overdue, alarms, runs, kept, madeAt }: Facts): Topic => {
  const newest = [...newestOf(expiries).values()];
  const gone = newest.filter(({ objectsLeft }) => objectsLeft === 0);
  const left = newest.filter(({ objectsLeft, deadline }) => objectsLeft > 0 && deadline > madeAt).length;
  const late = overdue.filter((row) => !isHeld(kept, row));
  const margin = gone.reduce((least, row) => Math.min(least, row.marginMs), Number.POSITIVE_INFINITY);
  const unknown = runs.at(-1)?.unknown ?? 0;
  return {
    says:
      gone.length === 0
        ? "Nothing was due."
        : `${formatNumber(gone.length, "part")} proven gone; the closest ${formatDuration(margin)} before its deadline.`,
    findings: [
      ...some("red", 10, late.length, () => {
        const named = late.map((row) => `${partWords(row.part)}, ${formatDuration(row.lateMs)} over`);
        return `${formatNumber(late.length, "copy", "copies")} outlived the deadline: ${listed(named)}.`;
      }),
      ...some("yellow", 9, left, () => `Of ${formatNumber(left, "part")} objects were still found; not yet overdue.`),
      ...some("yellow", 10, alarms.length, () => `${formatNumber(alarms.length, "alarm")} came before a deadline.`),
      ...some("yellow", 2, unknown, () => `${formatNumber(unknown, "object")} that nothing names, when last looked.`),
      ...some("yellow", 9, runs.length === 0, () => "No run of the retention worker is recorded."),
    ],
  };
};

const verification = ({ days, invariants }: Facts, promised: readonly string[]): Topic => {
  const done = new Set(days.map(({ day }) => day));
  const without = promised.filter((day) => !done.has(day));
  const broken = invariants.filter((row) => row.broken > 0);
  const problems = days.filter((row) => row.problems > 0);
  const ended = (light: Light) => days.filter((row) => row.light === light).map(({ day }) => day);
  const [red, yellow] = [ended("red"), ended("yellow")];
  return {
    says: `Every one of ${formatNumber(done.size, "day")} was verified, and every invariant held.`,
    findings: [
      ...some("red", 16, broken.length, () => `Broken on some day: invariant ${listed(broken.map(({ id }) => id))}.`),
      ...some("red", 7, problems.length, () => `Damage was found on ${listed(problems.map(({ day }) => day))}.`),
      ...some("red", 7, red.length, () => `${formatNumber(red.length, "day")} ended red: ${listed(red)}.`),
      ...some(
        "yellow",
        7,
        yellow.length,
        () => `${formatNumber(yellow.length, "day")} ended yellow: ${listed(yellow)}.`,
      ),
      ...some("yellow", 7, without.length, () =>
        done.size === 0
          ? "No day was verified."
          : `${formatNumber(without.length, "day")} without a verification: ${listed(without)}.`,
      ),
    ],
  };
};

const restores = ({ restores: rows, period, madeAt }: Facts, every: ReportEvidence["drillEvery"]): Topic => {
  const drills = rows.filter(({ purpose }) => purpose === "drill");
  const equal = drills.filter(({ result }) => result === "equal");
  const wrong = drills.filter(({ result }) => result !== "equal");
  const failed = rows.length - drills.length - rows.filter(({ result }) => result === "done").length;
  const instants = [...equal.map(({ at }) => at), Math.min(period.to, madeAt)];
  const longest = instants.reduce((most, at, i) => Math.max(most, at - (instants[i - 1] ?? at)), 0);
  // A drill that has come due waits for the next daily run.
  const tooLong = equal.length > 0 && longest > every.ms + DAY_MS;
  return {
    says: `${formatNumber(equal.length, "drill")} restored a point and compared every row.`,
    findings: [
      ...some("red", 8, wrong.length, () => {
        const named = wrong.map((row) => `${row.of} on ${formatInstant(row.at).slice(0, 10)}`);
        return `${formatNumber(wrong.length, "drill")} did not end well: ${listed(named)}.`;
      }),
      ...some("red", 8, tooLong, () => `${formatDuration(longest)} without a drill; the policy says ${every.term}.`),
      ...some("yellow", 8, failed, () => `${formatNumber(failed, "restore")} failed or ${wasOf(failed)} refused.`),
      ...some("yellow", 8, equal.length === 0, () => "No drill proves that a point can be restored."),
    ],
  };
};

const holds = ({ holds: rows, kept, overdue, madeAt }: Facts): Topic => {
  const inForce = rows.filter(({ state }) => state === "holds" || state === "release requested");
  const unreviewed = inForce.filter(({ reviewAt }) => reviewAt <= madeAt);
  const past = overdue.filter((row) => isHeld(kept, row)).length;
  const waiting = rows.filter(({ state }) => state === "requested" || state === "release requested").length;
  return {
    says: "No hold is in force.",
    findings: [
      ...some(
        "red",
        12,
        unreviewed.length,
        () => `Past its review: hold ${listed(unreviewed.map(({ hold }) => hold))}.`,
      ),
      ...some("red", 12, past, () => `${formatNumber(past, "copy", "copies")} held past the deadline of the class.`),
      ...some("yellow", 12, inForce.length, () => `${formatNumber(inForce.length, "hold")} in force.`),
      ...some("yellow", 12, waiting, () => `${formatNumber(waiting, "hold step")} waiting for a second person.`),
    ],
  };
};

const chain = ({ integrity, captures, period, madeAt }: Facts): Topic => {
  const { broken, head, records } = integrity;
  const unrecorded = captures.filter(({ seq }) => seq === undefined).length;
  const end = Math.min(period.to, madeAt);
  const isOld = head !== undefined && end - head.at > HEAD_AGE_MS_MAX;
  return {
    says: `${formatNumber(records, "record")}, each bound to the one before; the head is signed.`,
    findings: [
      ...some(
        "red",
        17,
        broken !== undefined,
        () => `The audit chain is broken: ${broken}. Nothing after that is used.`,
      ),
      ...some("yellow", 17, integrity.firstSeq === undefined, () => "No act of this period is recorded."),
      ...some("yellow", 5, unrecorded, () => `${formatNumber(unrecorded, "point")} in the vault without a record.`),
      ...some("yellow", 17, head === undefined, () => "No head of the chain was signed before this report."),
      ...some("yellow", 17, isOld, () => `The last signed head is ${formatDuration(end - (head?.at ?? end))} old.`),
      ...some("yellow", 1, madeAt < period.to, () => "The period had not ended when the report was made."),
    ],
  };
};

const isHeld = (kept: Facts["kept"], { part }: Pick<Facts["overdue"][number], "part">): boolean =>
  kept.some((row) => row.part === part && row.state === "held");

const some = (
  light: Finding["light"],
  section: number,
  count: number | boolean,
  says: () => string,
): readonly (readonly [Finding["light"], number, string])[] => (Number(count) > 0 ? [[light, section, says()]] : []);

const listed = (names: readonly string[]): string =>
  names.length <= NAMED_MAX
    ? names.join(", ")
    : `${names.slice(0, NAMED_MAX).join(", ")} and ${formatCount(names.length - NAMED_MAX)} more`;

const wasOf = (count: number): string => (count === 1 ? "was" : "were");
