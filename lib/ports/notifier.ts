import type { Alarm } from "../model/alarm.ts";

/**
 * Brings alarms to people who do not look at the worker's output: a webhook, a topic, a pager.
 *
 * What every adapter promises:
 *
 * - When `notify` has resolved, whoever is behind it has taken the alarm. Not that anybody has read it.
 * - It does not wait for ever, and it fails as NOTIFY_FAILED (retryable) in words that name no address and no secret: a webhook's
 *   address is often all that keeps strangers from using it.
 * - It is a second way. What is alarming stands in the evidence and in the output whether or not it could be sent.
 */
export interface Notifier {
  notify(alarm: SentAlarm): Promise<void>;
}

export interface SentAlarm extends Alarm {
  readonly vaultId: string;
  /** Epoch ms by Lastgood's clock. */
  readonly at: number;
}
