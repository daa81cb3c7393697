import { open } from "node:fs/promises";
import { dirname } from "node:path";
import { unless } from "./store-failure.ts";

const KNOWN_MAX = 100_000; // Forgetting a directory costs one more fsync of its parent, nothing else.

/**
 * Makes the entries of directories durable. A call resolves after an fsync that began after the call; calls that wait
 * for the same directory share one.
 */
export class DirectorySync {
  readonly #root: string;
  /** Directories whose own entry is durable, each with its identity: the same name may be another directory by now. */
  readonly #known = new Map<string, string>();
  readonly #running = new Map<string, Promise<void>>();
  readonly #waiting = new Map<string, Promise<void>>();

  constructor(root: string) {
    this.#root = root;
  }

  sync(directory: string): Promise<void> {
    const running = this.#running.get(directory);
    if (running === undefined) return this.#begin(directory);
    let waiting = this.#waiting.get(directory);
    if (waiting === undefined) {
      // Whether the fsync before ours failed is for its callers to know; ours is a new attempt.
      waiting = running.then(
        () => this.#next(directory),
        () => this.#next(directory),
      );
      this.#waiting.set(directory, waiting);
    }
    return waiting;
  }

  #next(directory: string): Promise<void> {
    this.#waiting.delete(directory);
    return this.#begin(directory);
  }

  #begin(directory: string): Promise<void> {
    const sync = this.#fsync(directory).finally(() => {
      if (this.#running.get(directory) === sync) this.#running.delete(directory);
    });
    this.#running.set(directory, sync);
    return sync;
  }

  async #fsync(directory: string): Promise<void> {
    // It may have been removed with its last object: then its parent's entry is what has to last.
    const handle = await unless(["ENOENT"], open(directory, "r"));
    if (handle === undefined) {
      if (directory !== this.#root) await this.sync(dirname(directory));
      return;
    }
    try {
      await handle.sync();
      if (directory === this.#root) return;
      const { ino, birthtimeNs } = await handle.stat({ bigint: true });
      const identity = `${ino} ${birthtimeNs}`;
      if (this.#known.get(directory) === identity) return;
      // A directory nobody synced yet, of us or of another process that has just made it: its parent must name it.
      await this.sync(dirname(directory));
      if (this.#known.size >= KNOWN_MAX) this.#known.clear();
      this.#known.set(directory, identity);
    } finally {
      await handle.close();
    }
  }
}
