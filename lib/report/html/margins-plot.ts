import { formatDuration, formatNumber } from "../../model/measure.ts";
import type { ComplianceReport } from "../../model/report.ts";
import { partClass } from "../../model/row-age.ts";
import { DAY_MS, type EpochMs, HOUR_MS } from "../../model/units.ts";
import { mergeDays, most } from "../day-rows.ts";
import { heldParts, newestOf, partKey } from "../retention.ts";
import { html, type Markup } from "./markup.ts";
import { type PlotWidth, round, timeAxis, WIDTHS } from "./time-axis.ts";

/** The scale is linear, so that twice as late looks twice as bad; what lies beyond is pinned to the edge, with its number. */
const ABOVE_MS_MAX = DAY_MS;
const BELOW_MS_MAX = 12 * HOUR_MS;
const BELOW_MS_MIN = 3 * HOUR_MS;
const TOP = 18;
const HEIGHT = 240;
const LEFT = 44;
const NAMED_MAX = 6;
/** Of the font that is drawn with, about. */
const CHAR_WIDTH = 7;
const LINE_HEIGHT = 15;

interface Dot {
  readonly at: EpochMs;
  readonly class: string;
  readonly marginMs: number;
  readonly isHeld: boolean;
}

/** How long before its deadline each part was proven gone; below the line of the deadline it was too late. */
export const marginsPlot = (report: ComplianceReport): Markup => {
  const dots = dotsOf(report);
  if (dots.length === 0) return html`<p class="empty">No part left in this period, so there is no margin to show.</p>`;
  return html`<figure>
<figcaption><h3>How long before its deadline each part was gone</h3>
<p>One dot per class and day: the smallest margin between the deadline and the moment when the part was looked for and not found. Below the line it was too late.</p></figcaption>
${WIDTHS.map((width) => drawing(report, dots, width))}
</figure>`;
};

/** The smallest margin of each class and day, and every copy that is still there. */
const dotsOf = ({ expiries, overdue, period }: ComplianceReport): readonly Dot[] => {
  const least = new Map<string, Dot>();
  const held = heldParts(overdue);
  for (const row of newestOf(expiries).values()) {
    if (row.objectsLeft > 0) continue;
    const { class: name } = partClass(row.part.class);
    const key = JSON.stringify([Math.floor(row.lookedAt / DAY_MS), name, held.has(partKey(row.part))]);
    const dot = {
      at: row.lookedAt,
      class: name,
      marginMs: row.marginMs,
      isHeld: held.has(partKey(row.part)),
    };
    if (dot.marginMs < (least.get(key)?.marginMs ?? Number.POSITIVE_INFINITY)) least.set(key, dot);
  }
  const late = overdue.filter(({ state, deadline }) => state !== "gone late" && deadline >= period.from);
  const there = mergeDays(
    late,
    ({ heldBy = "" }) => heldBy,
    (group) => most(group, (row) => row.lateMs),
  ).map(({ part, deadline, lateMs, heldBy }) => ({
    at: deadline,
    class: part.class,
    marginMs: -lateMs,
    isHeld: heldBy !== undefined,
  }));
  return [...least.values(), ...there];
};

const drawing = (report: ComplianceReport, dots: readonly Dot[], { name, width }: PlotWidth): Markup => {
  const margins = dots.map(({ marginMs }) => marginMs);
  const most = Math.min(Math.max(...margins, HOUR_MS), ABOVE_MS_MAX) * 1.08;
  const least = Math.max(Math.min(...margins, 0) * 1.15, -BELOW_MS_MAX);
  const below = Math.min(least, -BELOW_MS_MIN);
  const y = (ms: number): number => {
    const shown = Math.min(Math.max(ms, below), most);
    return round(TOP + ((most - shown) / (most - below)) * (HEIGHT - TOP - 10));
  };
  const axis = timeAxis(report.period, LEFT, width - 10);
  const zero = y(0);
  return html`<svg class="plot ${name}" viewBox="0 0 ${width} ${HEIGHT}" role="img" aria-label="${wordsOf(dots)}">
<rect class="late-zone" x="${LEFT}" y="${zero}" width="${width - LEFT - 10}" height="${HEIGHT - zero}"/>
${axis.lines(HEIGHT)}
${hoursOf(below, most).map((hours) => html`<line class="grid" x1="${LEFT}" y1="${y(hours * HOUR_MS)}" x2="${width - 10}" y2="${y(hours * HOUR_MS)}"/><text class="axis end" x="${LEFT - 6}" y="${y(hours * HOUR_MS) + 4}">${hours < 0 ? `−${-hours}` : hours} h</text>`)}
<line class="deadline" x1="${LEFT}" y1="${zero}" x2="${width - 10}" y2="${zero}"/>
<text class="deadline-name" x="${LEFT + 6}" y="${zero + 15}">deadline: below it was too late</text>
${dots.filter(({ marginMs }) => marginMs >= 0).map(({ at, marginMs }) => html`<circle class="dot" cx="${axis.x(at)}" cy="${y(marginMs)}" r="2.4"/>`)}
${lateMarks(dots, axis.x, y, width)}</svg>`;
};

/** Those that went too late, the worst of them with their number beside them. */
const lateMarks = (
  dots: readonly Dot[],
  x: (at: EpochMs) => number,
  y: (ms: number) => number,
  width: number,
): readonly Markup[] => {
  const taken: { readonly from: number; readonly to: number; readonly line: number }[] = [];
  return dots
    .filter(({ marginMs }) => marginMs < 0)
    .toSorted((a, b) => a.marginMs - b.marginMs)
    .map(({ at, class: name, marginMs, isHeld }, i) => {
      const mark = html`<path class="${isHeld ? "held" : "bad"}" d="M${x(at)} ${round(y(marginMs) - 6)}l6 6 -6 6 -6 -6Z"/>`;
      if (i >= NAMED_MAX) return mark;
      const words = lateWords({ at, class: name, marginMs, isHeld });
      const isLeft = x(at) > width / 2;
      const start = round(x(at) + (isLeft ? -9 : 9));
      const [from, to] = isLeft
        ? [start - words.length * CHAR_WIDTH, start]
        : [start, start + words.length * CHAR_WIDTH];
      // A label that would lie on another one goes a line up.
      let line = y(marginMs) + 4;
      while (taken.some((one) => from < one.to && one.from < to && Math.abs(one.line - line) < LINE_HEIGHT))
        line -= LINE_HEIGHT;
      taken.push({ from, to: to + 12, line });
      return html`${mark}<text class="late-name${isLeft ? " end" : ""}" x="${start}" y="${round(line)}">${words}</text>`;
    });
};

const lateWords = ({ class: name, marginMs, isHeld }: Dot): string =>
  `${name}, ${formatDuration(-marginMs)} ${isHeld ? "late, held" : "late"}`;

const STEPS_HOURS = [1, 2, 3, 6, 12];
const LINES_MAX = 7;

const hoursOf = (leastMs: number, mostMs: number): readonly number[] => {
  const span = (mostMs - leastMs) / HOUR_MS;
  const step = STEPS_HOURS.find((hours) => span / hours <= LINES_MAX) ?? 24;
  const first = Math.ceil(leastMs / HOUR_MS / step);
  const last = Math.floor(mostMs / HOUR_MS / step);
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step).filter((hours) => hours !== 0);
};

const wordsOf = (dots: readonly Dot[]): string => {
  const late = dots.filter(({ marginMs }) => marginMs < 0);
  const inTime = dots.filter(({ marginMs }) => marginMs >= 0).map(({ marginMs }) => marginMs);
  const said =
    inTime.length === 0
      ? "None was in time."
      : `${formatNumber(inTime.length, "day and class", "days and classes")} in time, with margins from ${formatDuration(Math.min(...inTime))} to ${formatDuration(Math.max(...inTime))}.`;
  return `${said} ${late.length === 0 ? "None was too late." : `Too late: ${late.map(lateWords).join("; ")}.`}`;
};
