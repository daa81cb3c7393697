import { formatNumber } from "../../model/measure.ts";
import { groupBy } from "../../model/part-groups.ts";
import type { Tier } from "../../model/point.ts";
import type { ComplianceReport } from "../../model/report.ts";
import { partClass } from "../../model/row-age.ts";
import type { EpochMs } from "../../model/units.ts";
import { html, type Markup } from "./markup.ts";
import { type PlotWidth, timeAxis, WIDTHS } from "./time-axis.ts";

type State = "gone" | "kept" | "held" | "lost" | "overdue" | "late" | "missing";

interface Mark {
  readonly at: EpochMs;
  readonly state: State;
}

interface Lane {
  readonly tier: Tier;
  readonly class: string;
  readonly marks: readonly Mark[];
}

const TOP = 18;
const LANE_HEIGHT = 40;
const MARK_TOP = 18;
const MARK_BOTTOM = 36;
const TIERS: readonly Tier[] = ["hot", "release", "archive"];

/** What lies over the others where marks meet. */
const STATES: readonly State[] = ["gone", "kept", "held", "late", "lost", "overdue", "missing"];

/**
 * Each part that was made in the period as a stroke at its capture, by tier and class: what is there now, what left, what was
 * missed. A class that was divided by days is there as long as one of them is.
 */
export const pointsPlot = (report: ComplianceReport): Markup => {
  const lanes = lanesOf(report);
  if (lanes.length === 0) return html`<p class="empty">No point of this period is known.</p>`;
  return html`<figure>
<figcaption><h3>What was captured, and what is left of it</h3>
<p>One stroke per point and class, at the start of its capture. Short strokes have left by the policy; tall ones were there when the report was made.</p>
${legendOf(lanes)}</figcaption>
${WIDTHS.map((width) => drawing(report, lanes, width))}
</figure>`;
};

const lanesOf = ({ captures, archives, kept, lost, missed }: ComplianceReport): readonly Lane[] => {
  const states = new Map(kept.map((row) => [keyOf(row.part.id, row.part.class), row.state]));
  const vanished = new Set(lost.map(({ part }) => keyOf(part.id, part.class)));
  const stateOf = (id: string, name: string): State => {
    const state = states.get(keyOf(id, name));
    if (state === undefined) return vanished.has(keyOf(id, name)) ? "lost" : "gone";
    return state === "held" || state === "overdue" ? state : "kept";
  };
  const late = new Set(missed.flatMap(({ found, point }) => (found === "late" && point !== undefined ? [point] : [])));
  const lanes = new Map<string, { tier: Tier; class: string; marks: Mark[] }>();
  const add = (tier: Tier, name: string, mark: Mark): void => {
    const key = keyOf(tier, name);
    lanes.set(key, lanes.get(key) ?? { tier, class: name, marks: [] });
    lanes.get(key)?.marks.push(mark);
  };
  for (const { tier, point, classes, startedAt: at } of captures)
    for (const own of groupBy(classes, (name) => partClass(name).class)) {
      const { class: name } = partClass(own[0]);
      const states = new Set(own.map((part) => stateOf(point, part)));
      add(tier, name, { at, state: STATES.findLast((state) => states.has(state)) ?? "gone" });
      if (late.has(point)) add(tier, name, { at, state: "late" });
    }
  for (const row of archives) add("archive", row.class, { at: row.startedAt, state: stateOf(row.archive, row.class) });
  for (const { tier, found, expectedAt: at } of missed)
    if (found !== "late")
      for (const lane of lanes.values()) if (lane.tier === tier) lane.marks.push({ at, state: "missing" });
  return [...lanes.values()].toSorted(
    (a, b) => TIERS.indexOf(a.tier) - TIERS.indexOf(b.tier) || (a.class < b.class ? -1 : 1),
  );
};

const keyOf = (...words: readonly string[]): string => JSON.stringify(words);

const LEGEND: Readonly<Record<State, string>> = {
  gone: "left since",
  kept: "there",
  held: "held",
  late: "came late",
  lost: "not found, without a record",
  overdue: "past its deadline",
  missing: "promised and not there",
};

const legendOf = (lanes: readonly Lane[]): Markup => {
  const seen = new Set(lanes.flatMap(({ marks }) => marks.map(({ state }) => state)));
  const items = STATES.filter((state) => seen.has(state)).map(
    (state) =>
      html`<li><svg viewBox="0 0 16 20" width="16" height="20" aria-hidden="true">${strokeOf(state, 8, -17)}</svg> ${LEGEND[state]}</li>`,
  );
  return html`<ul class="legend">${items}</ul>`;
};

const drawing = (report: ComplianceReport, lanes: readonly Lane[], { name, width }: PlotWidth): Markup => {
  const height = TOP + lanes.length * LANE_HEIGHT + 4;
  const axis = timeAxis(report.period, 8, width - 8);
  const drawn = lanes.map((lane, i) => {
    const top = TOP + i * LANE_HEIGHT;
    return html`<text class="lane" x="8" y="${top + 13}">${lane.tier} · ${lane.class}</text>
<line class="base" x1="8" y1="${top + MARK_BOTTOM}" x2="${width - 8}" y2="${top + MARK_BOTTOM}"/>
${strokes(lane, axis.x, top)}`;
  });
  return html`<svg class="plot ${name}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${wordsOf(lanes)}">
${axis.lines(height)}${drawn}</svg>`;
};

/** Strokes of a state that fall on one spot are one stroke. */
const strokes = ({ marks }: Lane, x: (at: EpochMs) => number, top: number): readonly Markup[] =>
  STATES.flatMap((state) => {
    const spots = new Set(marks.filter((mark) => mark.state === state).map(({ at }) => Math.round(x(at) * 2) / 2));
    return [...spots].map((spot) => strokeOf(state, spot, top));
  });

const strokeOf = (state: State, x: number, top: number): Markup => {
  const [high, low] = [top + MARK_TOP, top + MARK_BOTTOM];
  switch (state) {
    case "gone":
      return html`<path class="gone" d="M${x} ${high + 8}V${low}"/>`;
    case "kept":
      return html`<path class="kept" d="M${x} ${high}V${low}"/>`;
    case "held":
      return html`<path class="kept" d="M${x} ${high}V${low}"/><circle class="held" cx="${x}" cy="${high + 1}" r="3.5"/>`;
    case "lost":
      return html`<circle class="lost" cx="${x}" cy="${low - 4}" r="3"/>`;
    case "late":
      return html`<path class="late" d="M${x} ${low + 1}l-4 -7h8Z"/>`;
    case "overdue":
      return html`<path class="overdue" d="M${x} ${high}V${low}"/><path class="bad" d="M${x} ${high - 3}l4.5 4.5 -4.5 4.5 -4.5 -4.5Z"/>`;
    case "missing":
      return html`<path class="missing" d="M${x - 4} ${low - 9}l8 8m0 -8l-8 8"/>`;
  }
};

const wordsOf = (lanes: readonly Lane[]): string =>
  lanes
    .map(({ tier, class: name, marks }) => {
      const said = STATES.flatMap((state) => {
        const count = marks.filter((mark) => mark.state === state).length;
        return count === 0 ? [] : [`${formatNumber(count, "part", "parts")} ${LEGEND[state]}`];
      });
      return `${tier}, class ${name}: ${said.join(", ")}.`;
    })
    .join(" ");
