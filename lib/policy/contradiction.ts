import type { Term } from "../model/policy.ts";
import { goneBy } from "./deadlines.ts";

/** Something in a policy that cannot be kept, or that somebody should know. */
export interface Contradiction {
  /** Where in the file, as `["tiers", "hot", "window"]`. */
  readonly path: readonly string[];
  /** What is there and why not, then what to do. */
  readonly message: string;
}

/** Terms are compared on a day in a month of 31 days, when no clock changes. */
export const COMPARED_AT = Date.UTC(2027, 0, 1);

export const lasts = (term: Term): number => goneBy(term, COMPARED_AT, "UTC") - COMPARED_AT;
