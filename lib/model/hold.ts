import type { PartId } from "./audit.ts";
import type { EpochMs } from "./units.ts";

/** Why something must not expire, and until when somebody must look at that again. */
export interface HoldRequest {
  /** The statute or article: Art. 17(3)(e) GDPR. */
  readonly basis: string;
  /** A reference into the register of whoever asks: no person's name. */
  readonly matter: string;
  readonly parts: readonly PartId[];
  /** At most 90 days after it was requested. */
  readonly reviewAt: EpochMs;
}

/** One person's word, create-only. */
export interface HoldStep {
  readonly by: string;
  readonly at: EpochMs;
}

/**
 * A hold as the evidence store tells it. It holds from its approval by a second person on, until a second person has
 * approved its release. A request alone holds nothing; an approval of one's own request is refused.
 */
export interface Hold extends HoldRequest {
  readonly id: string;
  readonly requested: HoldStep;
  readonly approved?: HoldStep;
  readonly releaseRequested?: HoldStep & { readonly reason: string };
  readonly released?: HoldStep;
}
