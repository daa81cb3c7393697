import { webhookNotifier } from "../local/webhook-notifier.ts";
import { Failure } from "../model/errors.ts";
import type { Notifier } from "../ports/notifier.ts";

/**
 * Whoever a policy wants told. A variable that is not set, or holds no address, fails each alarm and not the run: what is due
 * goes all the same.
 */
export const openNotifier = (variable: string, address: string | undefined): Notifier =>
  address === undefined || address === "" ? unsetNotifier(variable) : webhookNotifier(address);

const unsetNotifier = (variable: string): Notifier => ({
  notify: () =>
    Promise.reject(
      new Failure("NOTIFY_FAILED", `${variable} is not set, and the policy has the webhook's address there`),
    ),
});
