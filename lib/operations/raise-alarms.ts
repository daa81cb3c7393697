import type { Alarm } from "../model/alarm.ts";
import { isFailure } from "../model/errors.ts";
import type { Notifier } from "../ports/notifier.ts";
import type { AuditWorld } from "./audit.ts";
import type { RaisedAlarm } from "./retention-report.ts";

/** Sends each alarm to whoever the policy names. One that cannot be sent hides no other, and says why. */
export const raiseAlarms = async (
  notifier: Notifier | undefined,
  { vaultId, clock }: Pick<AuditWorld, "vaultId" | "clock">,
  alarms: readonly Alarm[],
): Promise<readonly RaisedAlarm[]> => {
  const raised: RaisedAlarm[] = [];
  for (const alarm of alarms) {
    if (notifier === undefined) {
      raised.push({ ...alarm, sent: "nobody to tell" });
      continue;
    }
    try {
      await notifier.notify({ ...alarm, vaultId, at: clock.now() });
      raised.push({ ...alarm, sent: "sent" });
    } catch (error) {
      if (!isFailure(error)) throw error;
      raised.push({ ...alarm, sent: "failed", reason: error.message });
    }
  }
  return raised;
};
