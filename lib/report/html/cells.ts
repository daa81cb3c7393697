import { formatBytes, formatCount, formatDuration, formatInstant } from "../../model/measure.ts";
import { DAY_MS, type EpochMs } from "../../model/units.ts";
import type { Light } from "../../model/verification.ts";
import type { Cell, CellKind } from "../table.ts";
import { html, type Markup } from "./markup.ts";

const NUMBERS: ReadonlySet<CellKind> = new Set(["count", "bytes", "duration"]);
const DIGEST_SHOWN = 12;

export const isNumber = (kind: CellKind): boolean => NUMBERS.has(kind);

export const cellOf = (cell: Cell, kind: CellKind, timeZone: string): Markup => {
  if (cell === undefined || cell === "") return html`<span class="none">–</span>`;
  if (typeof cell === "string") {
    if (kind === "light") return lightOf(cell as Light);
    if (kind === "digest") return digestOf(cell);
    return html`<bdi>${cell}</bdi>`;
  }
  switch (kind) {
    case "instant":
      return instantOf(cell);
    case "deadline":
      return html`${instantOf(cell)}<br><small>${localOf(cell, timeZone)}</small>`;
    case "bytes":
      return html`${formatBytes(cell)}`;
    case "duration":
      return cell < 0 ? html`<strong class="red">−${formatDuration(-cell)}</strong>` : html`${formatDuration(cell)}`;
    default:
      return html`${formatCount(cell)}`;
  }
};

const digestOf = (digest: string): Markup =>
  digest.length <= DIGEST_SHOWN
    ? html`<code>${digest}</code>`
    : html`<code title="${digest}">${digest.slice(0, DIGEST_SHOWN)}…</code>`;

/** `2026-11-20 16:00:05Z`. */
export const instantOf = (at: EpochMs): Markup =>
  html`<time datetime="${new Date(at).toISOString()}">${formatInstant(at)}</time>`;

/** The same where the business is: `2026-11-20 17:00 CET`. */
export const localOf = (at: EpochMs, timeZone: string): string => {
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    dateStyle: undefined,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZoneName: "short",
  }).formatToParts(at);
  const of = (type: Intl.DateTimeFormatPartTypes): string => parts.find((part) => part.type === type)?.value ?? "";
  return `${of("year")}-${of("month")}-${of("day")} ${of("hour")}:${of("minute")} ${of("timeZoneName")}`;
};

const MONTHS = "January February March April May June July August September October November December".split(" ");

/** `2026-09-01` as `1 September 2026`. */
export const dayWords = (day: string): string =>
  `${Number(day.slice(8, 10))} ${MONTHS[Number(day.slice(5, 7)) - 1]} ${day.slice(0, 4)}`;

/** `1 September to 30 November 2026`: the end is the first day that is not in it. */
export const periodWords = (firstDay: string, endDay: string): string => {
  const lastDay = new Date(Date.parse(`${endDay}T00:00:00Z`) - DAY_MS).toISOString().slice(0, 10);
  const first = firstDay.slice(0, 4) === lastDay.slice(0, 4) ? dayWords(firstDay).slice(0, -5) : dayWords(firstDay);
  return firstDay === lastDay ? dayWords(firstDay) : `${first} to ${dayWords(lastDay)}`;
};

export const monthWords = (month: string): string => dayWords(`${month.slice(0, 7)}-01`).slice(2);

/** Told by form and word, not by colour alone. */
export const lightOf = (light: Light): Markup =>
  html`<span class="light ${light}">${markOf(light)}<span>${light}</span></span>`;

/** A disc with a tick, a triangle, a square that stands on its corner with a cross. */
export const markOf = (light: Light): Markup => {
  const drawn = {
    green: html`<circle cx="8" cy="8" r="7"/><path d="M4.5 8.3 7 10.8 11.5 5.8"/>`,
    yellow: html`<path class="body" d="M8 1 15.5 14.5H.5Z"/><path d="M8 6v4M8 11.6v1"/>`,
    red: html`<path class="body" d="M8 .3 15.7 8 8 15.7.3 8Z"/><path d="m5.6 5.6 4.8 4.8m0-4.8-4.8 4.8"/>`,
  }[light];
  return html`<svg class="mark ${light}" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">${drawn}</svg>`;
};
