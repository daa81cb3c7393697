import { retainedStoreContract } from "../contracts/retained-store.ts";
import { manualClock } from "../faults/manual-clock.ts";
import { memoryRetainedStore } from "./memory-retained-store.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

retainedStoreContract("memory", async () => {
  const clock = manualClock();
  const store = memoryRetainedStore(clock);
  return { store, other: store, later: clock.now() + DAY_MS, pass: () => clock.advance(DAY_MS) };
});
