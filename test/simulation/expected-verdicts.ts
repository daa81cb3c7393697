import type { DailyVerification } from "../../lib/model/verification.ts";
import { addDays, businessDateOf } from "../../lib/policy/business-date.ts";
import { POLICY } from "./policy.ts";

/** Less than the window less the half day by which deletion comes before the deadline. */
const PROMISED_DAYS = 26;

/**
 * Where a day's verdict says something else than what is known to be true.
 * @param captured  business dates on which a hot point was taken
 */
export const wrongVerdicts = (
  { day, tiers, invariants, drill, rotation }: DailyVerification,
  captured: ReadonlySet<string>,
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
  const [first = day] = [...captured].toSorted();
  for (let back = 1; back <= PROMISED_DAYS; back++) {
    const promised = addDays(day, -back);
    // A point that comes today may be yesterday's, until today is over and has none of its own.
    const expected = captured.has(promised) ? ["present"] : back === 1 ? ["missing", "late"] : ["missing"];
    const found = told.get(promised) ?? "nothing";
    if (promised >= first && !expected.includes(found))
      wrong.push(`the point of ${promised} is told to be ${found}, not ${expected.join(" or ")}`);
  }
  const gap = !captured.has(day) || [...told.values()].some((found) => found !== "present");
  if (gap && hot?.light === "green") wrong.push("a gap is told to be green");
  for (const { tier, light, reasons } of tiers)
    if (!gap && light !== "green") wrong.push(`tier ${tier} is ${light} without a gap: ${reasons.join("; ")}`);
  return wrong;
};
