import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { directoryRetainedStore } from "../../lib/local/directory-retained-store.ts";
import { systemEntropy } from "../../lib/local/system-entropy.ts";
import { retainedStoreContract } from "../contracts/retained-store.ts";
import { manualClock } from "../faults/manual-clock.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

retainedStoreContract("directory", async () => {
  const root = await mkdtemp(join(tmpdir(), "lastgood-retained-"));
  onTestFinished(() => rm(root, { recursive: true }));
  const clock = manualClock();
  const open = () => directoryRetainedStore(join(root, "archive"), { clock, entropy: systemEntropy });
  return { store: open(), other: open(), later: clock.now() + DAY_MS, pass: () => clock.advance(DAY_MS) };
});
