import { formatNumber } from "../../model/measure.ts";
import type { ComplianceReport } from "../../model/report.ts";
import { DAY_MS } from "../../model/units.ts";
import type { Light } from "../../model/verification.ts";
import { dayLights } from "../verifications.ts";
import { monthWords } from "./cells.ts";
import { html, type Markup } from "./markup.ts";

const CELL = 22;
const WEEK = 7;
const TOP = 16;
const WEEKDAYS = ["M", "T", "W", "T", "F", "S", "S"];
/** Two years; what is longer is told by the table alone. */
const MONTHS_MAX = 24;

type Verdict = Light | "none" | "to come";

/** A sheet per month, a field per day with the light of its verification. */
export const calendar = ({ days, period, madeAt }: ComplianceReport): Markup => {
  const lights = dayLights(days);
  const today = new Date(madeAt).toISOString().slice(0, 10);
  const all = daysBetween(period.firstDay, period.endDay).map((day) => {
    const verdict: Verdict = lights.get(day) ?? (day >= today ? "to come" : "none");
    return { day, verdict };
  });
  const months = [...Map.groupBy(all, ({ day }) => day.slice(0, 7))];
  return html`<figure>
<figcaption><h3>What each day’s verification said</h3>
<p>${wordsOf(all.map(({ verdict }) => verdict))}</p>
<ul class="legend">${LEGEND.map(({ verdict, words }) => html`<li><svg viewBox="0 0 ${CELL} ${CELL}" width="${CELL}" height="${CELL}" aria-hidden="true">${fieldOf(verdict, "", 0, 0)}</svg> ${words}</li>`)}</ul></figcaption>
<div class="months">${months.slice(-MONTHS_MAX).map(([month, fields]) => sheetOf(month, fields))}</div>
</figure>`;
};

const LEGEND: readonly { readonly verdict: Verdict; readonly words: string }[] = [
  { verdict: "green", words: "green" },
  { verdict: "yellow", words: "yellow" },
  { verdict: "red", words: "red" },
  { verdict: "none", words: "not verified" },
];

interface Field {
  readonly day: string;
  readonly verdict: Verdict;
}

const sheetOf = (month: string, fields: readonly Field[]): Markup => {
  const before = weekdayOf(`${month}-01`);
  const rows = Math.ceil((before + 31) / WEEK);
  const words = `${monthWords(month)}: ${wordsOf(fields.map(({ verdict }) => verdict))} ${namedOf(fields)}`;
  const drawn = fields.map(({ day, verdict }) => {
    const at = before + Number(day.slice(8, 10)) - 1;
    return fieldOf(verdict, `${Number(day.slice(8, 10))}`, (at % WEEK) * CELL, TOP + Math.floor(at / WEEK) * CELL);
  });
  return html`<div class="month"><h4>${monthWords(month)}</h4>
<svg class="calendar" viewBox="0 0 ${WEEK * CELL} ${TOP + rows * CELL}" width="${WEEK * CELL}" height="${TOP + rows * CELL}" role="img" aria-label="${words}">
${WEEKDAYS.map((name, i) => html`<text class="weekday" x="${i * CELL + CELL / 2}" y="10">${name}</text>`)}${drawn}</svg></div>`;
};

/** Red is full, yellow has a corner, green is light, and what was not verified is an empty frame. */
const fieldOf = (verdict: Verdict, name: string, x: number, y: number): Markup => {
  const size = CELL - 2;
  const corner = verdict === "yellow" ? html`<path class="corner" d="M${x + size} ${y}v10l-10 -10Z"/>` : undefined;
  const number = html`<text class="day-${verdict.replace(" ", "-")}" x="${x + size / 2}" y="${y + 14}">${name}</text>`;
  return html`<rect class="field-${verdict.replace(" ", "-")}" x="${x + 0.5}" y="${y + 0.5}" width="${size - 1}" height="${size - 1}"/>${corner}${number}`;
};

const wordsOf = (verdicts: readonly Verdict[]): string => {
  const of = (verdict: Verdict): number => verdicts.filter((one) => one === verdict).length;
  const none = of("none");
  const said = [`${formatNumber(of("green"), "day")} green`, `${of("yellow")} yellow`, `${of("red")} red`];
  return `${said.join(", ")}${none === 0 ? "" : `, ${none} not verified`}.`;
};

const namedOf = (fields: readonly Field[]): string =>
  (["red", "yellow", "none"] as const)
    .flatMap((verdict) => {
      const named = fields.filter((field) => field.verdict === verdict).map(({ day }) => `${Number(day.slice(8, 10))}`);
      return named.length === 0 ? [] : [`${verdict === "none" ? "Not verified" : verdict}: ${named.join(", ")}.`];
    })
    .join(" ");

/** Monday is 0. */
const weekdayOf = (day: string): number => (new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % WEEK;

const daysBetween = (first: string, end: string): readonly string[] => {
  const from = Date.parse(`${first}T00:00:00Z`);
  const count = (Date.parse(`${end}T00:00:00Z`) - from) / DAY_MS;
  return Array.from({ length: count }, (_, i) => new Date(from + i * DAY_MS).toISOString().slice(0, 10));
};
