import type { DailyVerification } from "../../lib/model/verification.ts";
import { addDays, businessDateOf } from "../../lib/policy/business-date.ts";
import { POLICY } from "./policy.ts";

/** Less than the window less the half day by which deletion comes before the deadline. */
const PROMISED_DAYS = 26;

/**
 * Where a day's verdict says something else than what is known to be true.
 * @param captured  how many hot points were taken, by business date
 */
export const wrongVerdicts = (
  { day, tiers, invariants, drill, rotation }: DailyVerification,
  captured: ReadonlyMap<string, number>,
): readonly string[] => {
  const wrong: string[] = [];
  for (const { id, result, found } of invariants)
    if (result === "broken") wrong.push(`${id} is told to be broken: ${found}`);
  if (drill?.equal === false) wrong.push(`the drill of ${drill.point} is told to have failed`);
  if (rotation.problems > 0) wrong.push(`${rotation.problems} problems are told`);
  const hot = tiers.find((tier) => tier.tier === "hot");
  const told = new Map(
    hot?.promised.map(({ expectedAt, found }) => [businessDateOf(expectedAt - 1, POLICY.timeZone), found]),
  );
  const [first = day] = [...captured.keys()].toSorted();
  for (let back = 1; back <= PROMISED_DAYS; back++) {
    const promised = addDays(day, -back);
    const expected = expectedOf(promised, captured, back === 1);
    const found = told.get(promised) ?? "nothing";
    if (promised >= first && !expected.includes(found))
      wrong.push(`the point of ${promised} is told to be ${found}, not ${expected.join(" or ")}`);
  }
  const gaps = [...told].filter(([, found]) => found !== "present");
  // One that came late, and not last night, is a gap that was closed; archives of its day are missing all the same.
  const isOpen = ([promised, found]: readonly [string, string]): boolean =>
    found !== "late" || promised === addDays(day, -1);
  if ((!captured.has(day) || gaps.some(isOpen)) && hot?.light === "green") wrong.push("a gap is told to be green");
  const gap = !captured.has(day) || gaps.length > 0;
  for (const { tier, light, reasons } of tiers)
    if (!gap && light !== "green") wrong.push(`tier ${tier} is ${light} without a gap: ${reasons.join("; ")}`);
  return wrong;
};

/** One more than a day's own is the late one of the day before; until today is over, it may still get its own. */
const expectedOf = (
  promised: string,
  captured: ReadonlyMap<string, number>,
  isYesterday: boolean,
): readonly string[] => {
  if (captured.has(promised)) return ["present"];
  if (isYesterday) return ["missing", "late"];
  return [(captured.get(addDays(promised, 1)) ?? 0) > 1 ? "late" : "missing"];
};
