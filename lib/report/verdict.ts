import { formatCount, formatDuration, formatInstant, formatNumber } from "../model/measure.ts";
import { partsInWords } from "../model/part-groups.ts";
import type { ComplianceReport, Finding, OverdueRow, ReportTopic, ReportVerdict } from "../model/report.ts";
import { DAY_MS } from "../model/units.ts";
import type { Light } from "../model/verification.ts";
import { partWords } from "./acts.ts";
import { mergeDays, most } from "./day-rows.ts";
import type { ReportEvidence } from "./evidence.ts";
import { newestOf } from "./retention.ts";
import { dayLights } from "./verifications.ts";

type Facts = Omit<ComplianceReport, "verdict">;

/** What a topic says when nothing is found against it, and what is. */
interface Topic {
  readonly says: string;
  readonly findings: readonly Omit<Finding, "about">[];
}

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
    .flatMap((topic) => topics[topic].findings.map((finding) => ({ about: topic, ...finding })))
    .toSorted((a, b) => Number(b.light === "red") - Number(a.light === "red"));
  const lights = about.map((topic) => {
    const found = topics[topic].findings;
    const worst = found.find(({ light }) => light === "red") ?? found[0];
    return { about: topic, light: worst?.light ?? ("green" as const), says: worst?.says ?? topics[topic].says };
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
      ...some("red", 6, gone.length, `${formatNumber(gone.length, "promised point")} missing or incomplete.`, () =>
        gone.map((row) => `${row.database} ${row.tier} of ${formatInstant(row.expectedAt)}`),
      ),
      ...some("yellow", 6, late, `${formatNumber(late, "point")} came late.`),
      ...some(
        "yellow",
        5,
        failed,
        `${formatNumber(failed, "capture or archive", "captures and archives")} failed or ${wasOf(failed)} refused.`,
      ),
      ...some("yellow", 5, captures.length === 0, "No point was captured."),
    ],
  };
};

const retention = ({ expiries, overdue, alarms, runs, failures, notices, madeAt }: Facts): Topic => {
  const newest = [...newestOf(expiries).values()];
  const gone = newest.filter(({ objectsLeft }) => objectsLeft === 0);
  const left = newest.filter(({ objectsLeft, deadline }) => objectsLeft > 0 && deadline > madeAt).length;
  const late = overdue.filter(({ heldBy }) => heldBy === undefined);
  const margin = gone.reduce((least, row) => Math.min(least, row.marginMs), Number.POSITIVE_INFINITY);
  const unknown = runs.at(-1)?.unknown ?? 0;
  const failed = failures.filter(({ act }) => act === "retention" || act === "expire");
  return {
    says:
      gone.length === 0
        ? "Nothing was due."
        : `${formatNumber(gone.length, "part")} proven gone, each at least ${formatDuration(margin)} before its deadline.`,
    findings: [
      ...some("red", 10, late.length, `${formatNumber(late.length, "copy", "copies")} outlived the deadline.`, () =>
        overWords(late),
      ),
      ...some("yellow", 9, left, `Of ${formatNumber(left, "part")} objects were still found; none is overdue yet.`),
      ...some("yellow", 10, alarms.length, `${formatNumber(alarms.length, "alarm")} came because a deadline was near.`),
      ...some("yellow", 5, failed.length, `${formatNumber(failed.length, "run")} of the retention worker failed.`, () =>
        failed.map(({ at, code }) => `${formatInstant(at)}: ${code}`),
      ),
      ...some("yellow", 2, unknown, `${formatNumber(unknown, "object")} that nothing names, when last looked.`),
      ...some(
        "yellow",
        2,
        notices.length,
        `${formatNumber(notices.length, "thing")} that the policy leaves open.`,
        () => notices,
      ),
      ...some("yellow", 9, runs.length === 0, "No run of the retention worker is recorded."),
    ],
  };
};

const verification = ({ days, invariants }: Facts, promised: readonly string[]): Topic => {
  const lights = dayLights(days);
  const done = new Set(lights.keys());
  const without = promised.filter((day) => !done.has(day));
  const broken = invariants.filter((row) => row.broken > 0);
  const problems = new Set(days.filter((row) => row.problems > 0).map(({ day }) => day));
  const of = (light: Light) => [...lights].flatMap(([day, one]) => (one === light ? [day] : []));
  const [red, yellow] = [of("red"), of("yellow")];
  return {
    says: `Each of ${formatNumber(done.size, "day")} was verified, and every invariant held.`,
    findings: [
      ...some("red", 7, red.length, `${formatNumber(red.length, "day")} ${wasOf(red.length)} red.`, () => red),
      ...some("red", 16, broken.length, `${formatNumber(broken.length, "invariant")} broken on some day.`, () =>
        broken.map(({ id, broken: runs }) => `${id} in ${formatNumber(runs, "run")}`),
      ),
      ...some("red", 7, problems.size, `Damage was found on ${formatNumber(problems.size, "day")}.`, () => [
        ...problems,
      ]),
      ...some(
        "yellow",
        7,
        yellow.length,
        `${formatNumber(yellow.length, "day")} ${wasOf(yellow.length)} yellow.`,
        () => yellow,
      ),
      ...(done.size === 0
        ? some("yellow", 7, true, "No day was verified.")
        : some("yellow", 7, without.length, `${formatNumber(without.length, "day")} not verified.`, () => without)),
    ],
  };
};

const restores = ({ restores: rows, period, madeAt }: Facts, every: ReportEvidence["drillEvery"]): Topic => {
  const drills = rows.filter(({ purpose }) => purpose === "drill");
  const good = drills.filter(({ result }) => result === "equal");
  // What the policy promises is drills of points. An archive's id has a slash, a point's none.
  const equal = good.filter(({ of }) => !of.includes("/"));
  const archived = good.length - equal.length;
  const wrong = drills.filter(({ result }) => result === "different");
  const failed = rows.filter(({ result }) => result === "failed" || result === "refused");
  const instants = [...equal.map(({ at }) => at), Math.min(period.to, madeAt)];
  const longest = instants.reduce((most, at, i) => Math.max(most, at - (instants[i - 1] ?? at)), 0);
  // A drill that has come due waits for the next daily run.
  const tooLong = equal.length > 0 && longest > every.ms + DAY_MS;
  return {
    says: `${formatNumber(equal.length, "drill")} restored a point and compared every row${archived === 0 ? "" : `, ${formatNumber(archived, "drill")} an archive`}.`,
    findings: [
      ...some("red", 8, wrong.length, `${formatNumber(wrong.length, "drill")} found a difference.`, () =>
        wrong.map((row) => `${row.of} on ${formatInstant(row.at).slice(0, 10)}`),
      ),
      ...some(
        "red",
        8,
        tooLong,
        `${formatDuration(longest)} passed without a good drill; the policy says ${every.term}.`,
      ),
      ...some(
        "yellow",
        8,
        failed.length,
        `${formatNumber(failed.length, "drill or restore", "drills and restores")} failed or ${wasOf(failed.length)} refused.`,
        () => failed.map((row) => `${row.purpose} on ${formatInstant(row.at).slice(0, 10)}: ${row.code}`),
      ),
      ...some("yellow", 8, equal.length === 0, "No drill shows that a point can be restored."),
    ],
  };
};

const holds = ({ holds: rows, overdue, madeAt }: Facts): Topic => {
  const inForce = rows.filter(({ state }) => state === "holding" || state === "release requested");
  const unreviewed = inForce.filter(({ reviewAt }) => reviewAt <= madeAt);
  const past = overdue.filter(({ heldBy }) => heldBy !== undefined);
  const waiting = rows.filter(({ state }) => state === "requested" || state === "release requested");
  const named = (found: typeof rows) => () => found.map(({ hold }) => hold);
  return {
    says: "No hold is in force.",
    findings: [
      ...some("red", 12, past.length, `${formatNumber(past.length, "copy", "copies")} held past the deadline.`, () =>
        overWords(past),
      ),
      ...some(
        "red",
        12,
        unreviewed.length,
        `${formatNumber(unreviewed.length, "hold")} past its review.`,
        named(unreviewed),
      ),
      ...some("yellow", 12, inForce.length, `${formatNumber(inForce.length, "hold")} in force.`, named(inForce)),
      ...some("yellow", 12, waiting.length, "A hold waits for a second person.", named(waiting)),
    ],
  };
};

const chain = ({ integrity, captures, lost, period, madeAt }: Facts): Topic => {
  const { broken, head, records } = integrity;
  const unrecorded = captures.filter(({ seq }) => seq === undefined);
  const end = Math.min(period.to, madeAt);
  const age = head === undefined ? 0 : end - head.at;
  return {
    says: `${formatNumber(records, "record")}, each bound to the one before, under a signed head.`,
    findings: [
      ...some("red", 17, broken !== undefined, "The audit chain is broken; nothing after the break is used.", () => [
        broken ?? "",
      ]),
      ...some("yellow", 17, integrity.firstSeq === undefined, "No act of this period is recorded."),
      ...some("yellow", 5, unrecorded.length, `${formatNumber(unrecorded.length, "point")} without a record.`, () =>
        unrecorded.map(({ point }) => point),
      ),
      ...some(
        "yellow",
        2,
        lost.length,
        `${formatNumber(lost.length, "part")} not found, and no record tells of leaving.`,
        () =>
          partsInWords(
            lost.map(({ part }) => part),
            partWords,
          ),
      ),
      ...some("yellow", 17, head === undefined, "No head of the chain was signed before this report."),
      ...some("yellow", 17, age > HEAD_AGE_MS_MAX, `The last head was signed ${formatDuration(age)} before the end.`),
      ...some("yellow", 1, madeAt < period.to, "The period had not ended when the report was made."),
    ],
  };
};

/** The days of a class in many points are one, by how long the worst of them is over. */
const overWords = (rows: readonly OverdueRow[]): readonly string[] =>
  mergeDays(
    rows,
    () => "",
    (group) => most(group, (row) => row.lateMs),
  ).map((row) => `${partWords(row.part)}, ${formatDuration(row.lateMs)} over`);

const some = (
  light: Finding["light"],
  section: number,
  count: number | boolean,
  says: string,
  which: () => readonly string[] = () => [],
): Topic["findings"] => {
  if (Number(count) === 0) return [];
  const names = which();
  return [{ light, section, says, ...(names.length > 0 && { which: listed(names) }) }];
};

const listed = (names: readonly string[]): string =>
  names.length <= NAMED_MAX
    ? names.join("; ")
    : `${names.slice(0, NAMED_MAX).join("; ")} and ${formatCount(names.length - NAMED_MAX)} more`;

const wasOf = (count: number): string => (count === 1 ? "was" : "were");
