import { Failure } from "../model/errors.ts";
import type { Notifier, SentAlarm } from "../ports/notifier.ts";

/** Long enough for a service that wakes up first. */
const TIMEOUT_MS = 10_000;

/** What a webhook gets: the alarm with an envelope that says what it is, and the same in one line for chats. */
const bodyOf = (alarm: SentAlarm): string =>
  JSON.stringify({ schema: "lastgood.alarm/1", text: `Lastgood ${alarm.level}: ${alarm.message}`, ...alarm });

/**
 * Posts each alarm as JSON. Any answer of 200 to 299 means it was taken; redirects are not followed, so that an alarm does not
 * go to whoever the address has come to belong to.
 */
export const webhookNotifier = (address: string, timeoutMs = TIMEOUT_MS): Notifier => ({
  async notify(alarm) {
    const response = await fetch(urlOf(address), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: bodyOf(alarm),
      redirect: "manual",
      signal: AbortSignal.timeout(timeoutMs),
    }).catch((error: unknown) => {
      throw new Failure("NOTIFY_FAILED", `the webhook did not answer: ${reasonOf(error)}`);
    });
    await response.body?.cancel();
    if (!response.ok) throw new Failure("NOTIFY_FAILED", `the webhook answered with status ${response.status}`);
  },
});

const urlOf = (address: string): URL => {
  const url = URL.parse(address);
  if (url?.protocol === "https:" || url?.protocol === "http:") return url;
  throw new Failure("NOTIFY_FAILED", "the webhook's address is no http or https URL");
};

/** Codes, no messages: those may hold the address. */
const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return "it failed";
  const { code } = (error.cause ?? {}) as { readonly code?: unknown };
  return typeof code === "string" ? code : error.name;
};
