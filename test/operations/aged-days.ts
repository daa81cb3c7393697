import type { Policy } from "../../lib/model/policy.ts";
import { dayClass } from "../../lib/model/row-age.ts";
import { runRetention } from "../../lib/operations/retention.ts";
import { rowAgesAt } from "../../lib/policy/row-ages.ts";
import { ClassHistory } from "../engine/class-history.ts";
import { dataClass, policyOf, term } from "../policy/made-policy.ts";
import { DAY_MS, RetentionHistory, START } from "./retention-world.ts";

/** Rows of class raw leave three days after their day began: the worker takes those of a day at noon of its third day. */
export const AGED: Policy = policyOf(
  [
    dataClass("people", "P14D", { tables: ["public.people_*"] }),
    dataClass("raw", "P28D", { tables: ["public.raw_*"], rowAge: { column: "at", max: term("P3D") } }),
  ],
  { holders: ["ann", "ben", "cat"] },
);

/**
 * A vault of points that were captured each midnight, with a part for each day of class raw, and whose worker ran each noon.
 * The clock stands where the last one was captured.
 */
export const agedDays = async (points: number): Promise<RetentionHistory> => {
  const story = new RetentionHistory(await ClassHistory.begin(0));
  for (let day = 0; day < points; day++) {
    await story.at(day * DAY_MS);
    await captureDays(story);
    if (day === points - 1) break;
    await story.at((day + 0.5) * DAY_MS);
    await runRetention(story.world(), AGED);
    forgetDay(story, day - 2);
  }
  return story;
};

/** A point of now: of its days the youngest has a row more than in the point before, and the oldest one less. */
export const captureDays = async ({ history }: RetentionHistory): Promise<void> => {
  const ages = [...rowAgesAt(AGED, history.made.clock.now())];
  const days = ages.flatMap(([name, { days: all }]) => all.map(({ day }) => dayClass(name, day)));
  const [oldest = "", youngest = ""] = [days[0], days.at(-1)];
  await history.capture(
    [
      { class: oldest, id: history.states.size % 7, act: "delete" },
      { class: youngest, id: 100 + history.states.size, act: "put" },
      { class: "people", id: history.states.size % 30, act: "put" },
    ],
    { names: ["people", "raw", ...days], rowAges: ages.map(([name, age]) => ({ class: name, ...age })) },
  );
};

/** `raw_2026-01-03`: the part of a day so many days after the first point. */
export const rawOf = (day: number): string =>
  dayClass("raw", new Date(START + day * DAY_MS).toISOString().slice(0, 10));

/** Forgets what went: of all points, the day that so many days after the first. */
export const forgetDay = ({ history }: RetentionHistory, day: number): void => {
  for (const key of [...history.states.keys()]) if (key.endsWith(`/${rawOf(day)}`)) history.states.delete(key);
};
