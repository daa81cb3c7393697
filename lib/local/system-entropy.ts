import { randomBytes } from "node:crypto";
import type { Entropy } from "../ports/clock.ts";

/** The operating system's randomness. */
export const systemEntropy: Entropy = { bytes: (count) => randomBytes(count) };
