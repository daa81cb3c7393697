import * as z from "zod/mini";
import { startHotCopy } from "../../lib/operations/hot-copy.ts";
import { hotCopyStarter } from "../../lib/wiring/aws-starter.ts";
import { StackEnvironment } from "../../lib/wiring/stack-environment.ts";
import { businessDay, databaseName, exactly, instant, timeZone, whole } from "../events.ts";
import { type Call, plainHandler } from "../middleware.ts";

const ATTEMPT_MAX = 99;

const event = exactly({
  database: databaseName,
  /** Given by a person; `attempt` from 2 on starts another copy of a day whose first failed for good. */
  day: z.optional(businessDay),
  attempt: z.optional(whole(1, ATTEMPT_MAX)),
  /** Given by the schedule: when the run was due, and where. */
  scheduledAt: z.optional(instant),
  timeZone: z.optional(timeZone),
}).check(
  z.refine(({ day, scheduledAt }) => (day === undefined) !== (scheduledAt === undefined), {
    error: "an object with either day or scheduledAt",
  }),
);

type Event = z.infer<typeof event>;

const start = async (asked: Event, { log }: Call<unknown>) => {
  const stack = new StackEnvironment(process.env);
  const { name: database } = stack.database(asked.database);
  const day = asked.day ?? dayOf(asked.scheduledAt as string, asked.timeZone);
  const started = await startHotCopy(hotCopyStarter(stack), { database, day, attempt: asked.attempt ?? 1 });
  log.info("hot copy asked for", { day, ...started });
  return { day, ...started };
};

/** The day of an instant where the business is: a night's run in Tokyo is of that day, not of UTC's day before. */
const dayOf = (at: string, timeZone = "UTC"): string => {
  const format = new Intl.DateTimeFormat("en", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" });
  const parts = Object.fromEntries(format.formatToParts(new Date(at)).map(({ type, value }) => [type, value]));
  return `${parts["year"]}-${parts["month"]}-${parts["day"]}`;
};

/** Starts a day's hot copy once, however often the schedule or a person asks for it. */
export const handler = plainHandler({ event, facts: ({ database }) => ({ database }), run: start });
