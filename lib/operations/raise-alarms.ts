import type { Alarm } from "../model/alarm.ts";
import type { PartId } from "../model/audit.ts";
import { isFailure } from "../model/errors.ts";
import { groupBy, partsInWords } from "../model/part-groups.ts";
import { partClass } from "../model/row-age.ts";
import type { Notifier } from "../ports/notifier.ts";
import type { AuditWorld } from "./audit.ts";
import type { RaisedAlarm } from "./retention-report.ts";

/** Sends each alarm to whoever the policy names. One that cannot be sent hides no other, and says why. */
export const raiseAlarms = async (
  notifier: Notifier | undefined,
  { vaultId, clock }: Pick<AuditWorld, "vaultId" | "clock">,
  alarms: readonly Alarm[],
): Promise<readonly RaisedAlarm[]> => {
  const raised = new Map<Alarm, RaisedAlarm>();
  for (const group of groupAlarms(alarms)) {
    const told = await tell(notifier, { ...group[0], message: groupMessage(group), vaultId, at: clock.now() });
    for (const alarm of group) raised.set(alarm, { ...alarm, ...told });
  }
  return alarms.map((alarm) => raised.get(alarm) as RaisedAlarm);
};

const tell = async (
  notifier: Notifier | undefined,
  alarm: Parameters<Notifier["notify"]>[0],
): Promise<Pick<RaisedAlarm, "sent" | "reason">> => {
  if (notifier === undefined) return { sent: "nobody to tell" };
  try {
    await notifier.notify(alarm);
    return { sent: "sent" };
  } catch (error) {
    if (!isFailure(error)) throw error;
    return { sent: "failed", reason: error.message };
  }
};

/**
 * Alarms that a person is told as one: days of a class are in every point, and what keeps one of them there keeps them all.
 * A hold past its review is one reason for a class and all its days.
 */
export const groupAlarms = <One extends Alarm>(alarms: readonly One[]): readonly (readonly [One, ...One[]])[] => {
  const divided = new Set(alarms.filter(isOfDay).map(reasonOf));
  return groupBy(alarms, (alarm) => (divided.has(reasonOf(alarm)) ? reasonOf(alarm) : undefined));
};

const isOfDay = ({ part }: Alarm): boolean => part !== undefined && partClass(part.class).day !== undefined;

const reasonOf = ({ level, about, part, message }: Alarm): string => {
  const [store, name] = part === undefined ? [] : [part.store, partClass(part.class).class];
  return JSON.stringify([level, about, store, name, about === "hold" ? message : ""]);
};

/** What the first says, and for how many more. */
export const groupMessage = ([first, ...others]: readonly [Alarm, ...Alarm[]]): string => {
  const parts = [first, ...others].flatMap(({ part }): readonly PartId[] => (part === undefined ? [] : [part]));
  if (others.length === 0) return first.message;
  return `${first.message}; and so it is with all of ${partsInWords(parts, ({ id }) => id).join("; ")}`;
};
