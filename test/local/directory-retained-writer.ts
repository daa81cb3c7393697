import { directoryRetainedStore } from "../../lib/local/directory-retained-store.ts";
import { systemClock } from "../../lib/local/system-clock.ts";
import { systemEntropy } from "../../lib/local/system-entropy.ts";
import type { RetainedVersion, Retention } from "../../lib/ports/retained-store.ts";

// A process of its own that fills an archive until it is killed, and deletes every other object again. Prints a line per
// promise: `kept <name> <version>` or `deleted <name> <version>`. `node directory-retained-writer.ts <root> <prefix>`.
const [root = "", prefix = ""] = process.argv.slice(2);
const OBJECTS_MAX = 1_000_000;
const PARALLEL = 4;
const LOCKED: Retention = { mode: "governance", until: Date.UTC(2036, 10, 21) };
const store = directoryRetainedStore(root, { clock: systemClock, entropy: systemEntropy });

async function fill(lane: number): Promise<void> {
  for (let count = lane; count < OBJECTS_MAX; count += PARALLEL) {
    const kept = count % (2 * PARALLEL) < PARALLEL;
    const name = `${prefix}/${kept ? "locked" : "free"}/${count}`;
    // Halves in two pieces, both of the same fill: a torn object would show.
    const half = Buffer.alloc(50_000, count % 251);
    const { version } = (await store.put(name, [half, half], kept ? LOCKED : { mode: "none" })) as RetainedVersion;
    if (!kept) await store.delete(name, version);
    process.stdout.write(`${kept ? "kept" : "deleted"} ${name} ${version}\n`);
  }
}

await Promise.all(Array.from({ length: PARALLEL }, (_, lane) => fill(lane)));
