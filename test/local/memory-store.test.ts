import { memoryStore } from "../../lib/local/memory-store.ts";
import { systemClock } from "../../lib/local/system-clock.ts";
import { objectStoreContract } from "../contracts/object-store.ts";

objectStoreContract("memory", async () => {
  const store = memoryStore(systemClock);
  return { store, other: store };
});
