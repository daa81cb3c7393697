import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { openDirectoryStore } from "../../lib/local/directory-store.ts";
import { systemClock } from "../../lib/local/system-clock.ts";
import { objectStoreContract } from "../contracts/object-store.ts";

objectStoreContract("directory", async () => {
  const root = await mkdtemp(join(tmpdir(), "lastgood-store-"));
  onTestFinished(() => rm(root, { recursive: true }));
  const open = () => openDirectoryStore(root, { clock: systemClock, create: false });
  return { store: await open(), other: await open() };
});
