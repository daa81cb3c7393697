import type { PartId } from "../model/audit.ts";
import type { Hold, HoldRequest } from "../model/hold.ts";
import type { Policy } from "../model/policy.ts";
import type { EpochMs } from "../model/units.ts";

/** A hold that nobody looks at again is a way to keep data for ever. */
const REVIEW_MS_MAX = 90 * 24 * 3_600_000;
const TEXT_CHARS_MAX = 200;

export type HoldState = "requested" | "holding" | "release requested" | "released";

export const holdState = ({ approved, releaseRequested, released }: Hold): HoldState => {
  if (released !== undefined) return "released";
  if (approved === undefined) return "requested";
  return releaseRequested === undefined ? "holding" : "release requested";
};

/** A request alone holds nothing; a request to release releases nothing; a review date that has passed ends nothing. */
export const isHolding = (hold: Hold): boolean => hold.approved !== undefined && hold.released === undefined;

/** The hold on a part, the oldest of several; undefined if nothing holds it. */
export const holdOn = (holds: readonly Hold[], part: PartId): Hold | undefined =>
  holds.find((hold) => isHolding(hold) && hold.parts.some((one) => samePart(one, part)));

export const samePart = (a: PartId, b: PartId): boolean => a.store === b.store && a.id === b.id && a.class === b.class;

/** Holds that still hold though somebody should have looked at them again. */
export const reviewsDue = (holds: readonly Hold[], now: EpochMs): readonly Hold[] =>
  holds.filter((hold) => isHolding(hold) && hold.reviewAt <= now);

type Holders = Pick<Policy, "holders">;

/** Why nobody may be given a hold on this word; undefined if it may be written down as a request. */
export const requestRefusal = (
  policy: Holders,
  { basis, matter, parts, reviewAt }: HoldRequest,
  { by, at }: { readonly by: string; readonly at: EpochMs },
): string | undefined => {
  const stranger = strangerRefusal(policy, by);
  if (stranger !== undefined) return stranger;
  for (const [name, text] of Object.entries({ basis, matter }))
    if (text.trim() === "" || text.length > TEXT_CHARS_MAX || /\p{Cc}/u.test(text))
      return `the ${name} has to be said in 1 to ${TEXT_CHARS_MAX} characters on one line`;
  if (parts.length === 0) return "no part is named: a hold is on parts, never on everything";
  if (parts.some((one, i) => parts.findIndex((other) => samePart(one, other)) < i)) return "a part is named twice";
  if (reviewAt <= at) return "the review date has passed already";
  if (reviewAt - at > REVIEW_MS_MAX) return "the review date is more than 90 days away: extend a hold by a new one";
  return undefined;
};

/** Why this person may not approve what was requested; undefined if so. */
export const approvalRefusal = (policy: Holders, hold: Hold, by: string): string | undefined =>
  strangerRefusal(policy, by) ??
  (hold.requested.by === by ? `${by} requested it: another holder has to approve it` : undefined) ??
  (hold.approved === undefined ? undefined : `it was approved by ${hold.approved.by} already`);

/** Why this person may not ask for the release; undefined if so. */
export const releaseRefusal = (policy: Holders, hold: Hold, by: string, reason: string): string | undefined => {
  const stranger = strangerRefusal(policy, by);
  if (stranger !== undefined) return stranger;
  if (hold.approved === undefined) return "nobody has approved it, so it holds nothing: there is nothing to release";
  if (hold.releaseRequested !== undefined) return `${hold.releaseRequested.by} requested its release already`;
  if (reason.trim() === "" || reason.length > TEXT_CHARS_MAX || /\p{Cc}/u.test(reason))
    return `the reason has to be said in 1 to ${TEXT_CHARS_MAX} characters on one line`;
  return undefined;
};

/** Why this person may not approve the release; undefined if so. */
export const releaseApprovalRefusal = (policy: Holders, hold: Hold, by: string): string | undefined => {
  const stranger = strangerRefusal(policy, by);
  if (stranger !== undefined) return stranger;
  if (hold.releaseRequested === undefined) return "nobody has requested its release";
  if (hold.releaseRequested.by === by) return `${by} requested its release: another holder has to approve it`;
  return hold.released === undefined ? undefined : `it was released by ${hold.released.by} already`;
};

const strangerRefusal = ({ holders }: Holders, by: string): string | undefined => {
  if (holders.includes(by)) return undefined;
  return holders.length === 0 ? "the policy names no holders, so nobody may hold" : `${by} is no holder of the policy`;
};
