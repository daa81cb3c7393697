import { systemClock } from "../local/system-clock.ts";
import { systemEntropy } from "../local/system-entropy.ts";
import type { Clock, Entropy } from "../ports/clock.ts";

/** The clock of whatever machine this is, a Lambda too. */
export const machineClock: Clock = systemClock;

export const machineEntropy: Entropy = systemEntropy;
