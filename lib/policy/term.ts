import type { Term } from "../model/policy.ts";

const TERM = /^P(?:(?<years>\d+)Y|(?<months>\d+)M|(?<weeks>\d+)W|(?<days>\d+)D|T(?<hours>\d+)H)$/;
/** S3 locks nothing for longer, and a longer term is a slip of the keyboard. */
const YEARS_MAX = 100;
const COUNT_MAX: Readonly<Record<Term["unit"], number>> = {
  hours: YEARS_MAX * 366 * 24,
  days: YEARS_MAX * 366,
  weeks: YEARS_MAX * 53,
  months: YEARS_MAX * 12,
  years: YEARS_MAX,
};

/** Reads an ISO 8601 duration of one unit: `P14D`, `PT20H`, `P4W`, `P6M`, `P10Y`; undefined if it is none, zero or beyond 100 years. */
export const readTerm = (text: string): Term | undefined => {
  for (const [unit, digits] of Object.entries(TERM.exec(text)?.groups ?? {})) {
    if (digits === undefined) continue;
    const term = { unit: unit as Term["unit"], count: Number(digits) };
    return term.count > 0 && term.count <= COUNT_MAX[term.unit] ? term : undefined;
  }
  return undefined;
};

const LETTER: Readonly<Record<Term["unit"], string>> = { hours: "H", days: "D", weeks: "W", months: "M", years: "Y" };

export const writeTerm = ({ unit, count }: Term): string => `P${unit === "hours" ? "T" : ""}${count}${LETTER[unit]}`;
