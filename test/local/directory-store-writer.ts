import { openDirectoryStore } from "../../lib/local/directory-store.ts";
import { systemClock } from "../../lib/local/system-clock.ts";
import { Failure } from "../../lib/model/errors.ts";

// A process of its own that fills a store until it is killed or fails. Prints one line per put that resolved, then the
// code of the failure: `node directory-store-writer.ts <root> <prefix> <bytes per object>`.
const [root = "", prefix = "", bytes = ""] = process.argv.slice(2);
const OBJECTS_MAX = 1_000_000;
const PARALLEL = 4;

async function fill(lane: number): Promise<void> {
  const store = await openDirectoryStore(root, { clock: systemClock, create: true });
  for (let count = lane; count < OBJECTS_MAX; count += PARALLEL) {
    const name = `chunks/${count % 16}/${prefix}${count}`;
    // Halves in two pieces, both of the same fill: a torn object would show.
    const half = Buffer.alloc(Number(bytes) / 2, count % 251);
    await store.put(name, [half, half]);
    process.stdout.write(`${name}\n`);
  }
}

try {
  await Promise.all(Array.from({ length: PARALLEL }, (_, lane) => fill(lane)));
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  process.stdout.write(`${error.code}\n`);
}
