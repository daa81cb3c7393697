import { classWords } from "../lib/model/part-groups.ts";
import type { Point } from "../lib/model/point.ts";
import { partClass } from "../lib/model/row-age.ts";
import { formatNumber } from "./format.ts";

/** What a point holds of classes whose rows leave by their age: `raw: 12 days, 2026-11-09 to 2026-11-20; 2 have left`. */
export const dayLines = ({ parts, expired = [], rowAges = [] }: Point): readonly string[] =>
  rowAges.map(({ class: className }) => {
    const days = daysOf(parts, className);
    const gone = daysOf(expired, className);
    const span = days.length < 2 ? days : [days[0], days.at(-1)];
    const left = gone.length === 0 ? "" : `; ${gone.length} ${gone.length === 1 ? "has" : "have"} left`;
    return `${className}: ${[formatNumber(days.length, "day"), span.join(" to ")].filter((text) => text !== "").join(", ")}${left}`;
  });

/** Which classes and days have left a point, the days of a class as one. */
export const expiredLines = ({ expired = [] }: Point, showInstant: (at: number) => string): readonly string[] =>
  [...Map.groupBy(expired, (part) => partClass(part.class).class).values()].map((own) => {
    const [first, last] = [Math.min, Math.max].map((end) => showInstant(end(...own.map(({ at }) => at))));
    return `class ${classWords(own.map((part) => part.class)).join()}, ${first === last ? first : `${first} to ${last}`}`;
  });

const daysOf = (parts: readonly { readonly class: string }[], className: string): readonly string[] =>
  parts
    .flatMap((part) => {
      const { class: own, day } = partClass(part.class);
      return own === className && day !== undefined ? [day] : [];
    })
    .toSorted();
