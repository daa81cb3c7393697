import type { PartId } from "./audit.ts";
import type { EpochMs } from "./units.ts";

/** Something that a person must look at now. Says what is wrong and of which copy; never what is in it. */
export interface Alarm {
  /** `page`: a promise is broken already. `alarm`: it will be, unless somebody acts. */
  readonly level: "alarm" | "page";
  readonly about: "part" | "hold" | "clock" | "unknown copy";
  /** Of alarms about a part. */
  readonly part?: PartId;
  /** When it must be gone, or when a hold was to be looked at. */
  readonly deadline?: EpochMs;
  readonly message: string;
}
