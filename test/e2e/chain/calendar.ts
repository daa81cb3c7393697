import type { LeavingParts } from "../../../lib/engine/expire-parts.ts";
import { dayClass } from "../../../lib/model/row-age.ts";
import { addDays } from "../../../lib/policy/business-date.ts";
import { type Ageing, sliceName } from "./ageing.ts";
import type { Random } from "./random.ts";
import { AGED_CLASS, type TakenPoint } from "./subject.ts";
import { AGE_COLUMN, AGE_ZONE, isAged } from "./tables.ts";

const STARTS_ON = "2026-03-26";
const DAYS_KEPT = 4;

/** The day that it is for captures. It goes on, and sometimes a clock is set back by a day. */
export class Calendar {
  #today = STARTS_ON;
  /** Names of slices of days that are over, by the points that they were taken out of. */
  readonly #left = new Map<string, readonly string[]>();

  get ageing(): Ageing {
    const first = addDays(this.#today, 1 - DAYS_KEPT);
    return { isAged, column: AGE_COLUMN, timeZone: AGE_ZONE, first, today: this.#today };
  }

  pass(random: Random): void {
    if (random.chance(0.35)) this.#today = addDays(this.#today, 1);
    else if (random.chance(0.15)) this.#today = addDays(this.#today, -1);
  }

  /** Takes days that are over out of points: out of all of them, or where something keeps the others out of a few. */
  choosesLeaving(there: readonly TakenPoint[], random: Random): readonly LeavingParts[] {
    const { first } = this.ageing;
    const points = random.chance(0.7) ? there : there.filter(() => random.chance(0.5));
    return points.flatMap(({ report: { point } }) => {
      const days = (point.rowAges?.[0]?.days ?? []).map(({ day }) => day).filter((day) => day < first);
      const known = this.#left.get(point.id) ?? [];
      const leaving = days.filter((day) => !known.includes(day));
      this.#left.set(point.id, [...known, ...leaving]);
      const classes = leaving.map((day) => dayClass(AGED_CLASS, day));
      const had = classes.filter((name) => point.parts.some((part) => part.class === name));
      return had.length === 0 ? [] : [{ point: point.id, classes: had }];
    });
  }

  /** What the witness saw, without what was taken out since. */
  shows({ report, seen }: TakenPoint): TakenPoint["seen"] {
    const left = this.#left.get(report.point.id) ?? [];
    const isThere = (name: string): boolean => !left.some((day) => name.endsWith(sliceName("", day)));
    return Object.fromEntries(Object.entries(seen).filter(([name]) => isThere(name)));
  }
}
