import type { ReportPeriod } from "../../model/report.ts";
import { DAY_MS, type EpochMs } from "../../model/units.ts";
import { html, type Markup } from "./markup.ts";

/** Both widths are drawn, and the page shows the one that fits: text in a drawing that shrinks cannot be read. */
export const WIDTHS = [
  { name: "wide", width: 920 },
  { name: "narrow", width: 320 },
] as const;

export type PlotWidth = (typeof WIDTHS)[number];

export interface TimeAxis {
  readonly x: (at: EpochMs) => number;
  /** Lines at the beginnings of weeks, months or years, with their names above the plot. */
  readonly lines: (height: number) => readonly Markup[];
}

const WEEKS_UNTIL_MS = 46 * DAY_MS;
const MONTHS_UNTIL_MS = 800 * DAY_MS;
const LABEL_WIDTH = 44;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** From left to right over a period, in UTC. */
export const timeAxis = ({ from, to }: Pick<ReportPeriod, "from" | "to">, left: number, right: number): TimeAxis => {
  const x = (at: EpochMs): number =>
    round(left + ((Math.min(Math.max(at, from), to) - from) / (to - from)) * (right - left));
  return {
    x,
    lines: (height) => {
      let free = Number.NEGATIVE_INFINITY;
      return ticksOf(from, to).map(({ at, name }) => {
        const isFree = x(at) >= free && x(at) + LABEL_WIDTH / 2 < right;
        if (isFree) free = x(at) + LABEL_WIDTH;
        const label = isFree ? html`<text class="axis" x="${x(at) + 4}" y="10">${name}</text>` : undefined;
        return html`<line class="grid" x1="${x(at)}" y1="0" x2="${x(at)}" y2="${height}"/>${label}`;
      });
    },
  };
};

const ticksOf = (from: EpochMs, to: EpochMs): readonly { readonly at: EpochMs; readonly name: string }[] => {
  const first = new Date(from);
  const [year, month, day] = [first.getUTCFullYear(), first.getUTCMonth(), first.getUTCDate()];
  const nth = (i: number): EpochMs => {
    if (to - from < WEEKS_UNTIL_MS) return Date.UTC(year, month, day + 1 + 7 * i);
    return to - from < MONTHS_UNTIL_MS ? Date.UTC(year, month + 1 + i, 1) : Date.UTC(year + 1 + i, 0, 1);
  };
  const ticks: { at: EpochMs; name: string }[] = [];
  for (let i = 0; nth(i) < to; i++) ticks.push({ at: nth(i), name: nameOf(new Date(nth(i)), to - from) });
  return ticks;
};

const nameOf = (date: Date, spanMs: number): string => {
  const month = MONTHS[date.getUTCMonth()];
  if (spanMs < WEEKS_UNTIL_MS) return `${date.getUTCDate()} ${month}`;
  return spanMs < MONTHS_UNTIL_MS && date.getUTCMonth() > 0 ? `${month}` : `${date.getUTCFullYear()}`;
};

/** A tenth of a unit is less than anybody sees. */
export const round = (value: number): number => Math.round(value * 10) / 10;
