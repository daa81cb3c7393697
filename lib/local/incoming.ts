import { type FileHandle, lstat, mkdir, open, readdir, rm, unlink } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import type { Clock } from "../ports/clock.ts";
import { errnoOf, unless } from "./store-failure.ts";

// `~` occurs in no object name, so files in here are in no listing.
const DIRECTORY = "~incoming";
const ABANDONED_MS_MIN = 24 * 60 * 60 * 1000; // Writing one object takes seconds.
const NAME_TRIES_MAX = 1000;
const WRITEV_PIECES_MAX = 1000; // Linux takes 1024 (IOV_MAX).

let count = 0;

/** Files on their way into a directory store: written and synced here, then published elsewhere by a link. */
export class Incoming {
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #fileMode: number;
  #prepared: Promise<void> | undefined;

  constructor(root: string, clock: Clock, fileMode: number) {
    this.#directory = join(root, DIRECTORY);
    this.#clock = clock;
    this.#fileMode = fileMode;
  }

  /** Writes the pieces to a new file that survives a loss of power under its own name or any later link. Gives its path. */
  async write(pieces: readonly Uint8Array[]): Promise<string> {
    await this.#prepare();
    const { path, handle } = await this.#create();
    try {
      try {
        await writeAll(handle, pieces);
        await handle.datasync();
      } finally {
        await handle.close();
      }
    } catch (error) {
      await rm(path, { force: true }); // A full disk gets its space back.
      throw error;
    }
    return path;
  }

  /** Once, before the first write: a reader of the store may have no right to write. */
  #prepare(): Promise<void> {
    this.#prepared ??= (async () => {
      await unless(["EEXIST"], mkdir(this.#directory));
      await this.#sweep();
    })().catch((error: unknown) => {
      this.#prepared = undefined;
      throw error;
    });
    return this.#prepared;
  }

  async #create(): Promise<{ path: string; handle: FileHandle }> {
    for (let tries = 1; ; tries++) {
      count += 1;
      const path = join(this.#directory, `${hostname()}+${process.pid}+${count}`);
      try {
        return { path, handle: await open(path, "wx", this.#fileMode) };
      } catch (error) {
        if (errnoOf(error) === "ENOENT") this.#prepared = undefined; // Somebody tidied the directory away.
        // Another thread, or a machine of the same name, uses this one.
        if (errnoOf(error) !== "EEXIST" || tries === NAME_TRIES_MAX) throw error;
      }
    }
  }

  // Only what is clearly dead goes: its process is gone from this machine, or it is a day old. If we are wrong after
  // all (one host name, two process tables), no harm is done: the writer finds its file gone and writes again.
  async #sweep(): Promise<void> {
    for (const name of await readdir(this.#directory)) {
      const path = join(this.#directory, name);
      const facts = await unless(["ENOENT"], lstat(path));
      if (facts === undefined || !facts.isFile()) continue;
      const [host, pid] = name.split("+");
      const ended = host === hostname() && !isAlive(Number(pid));
      if (ended || this.#clock.now() - facts.mtimeMs > ABANDONED_MS_MIN) await unless(["ENOENT"], unlink(path));
    }
  }
}

async function writeAll(handle: FileHandle, pieces: readonly Uint8Array[]): Promise<void> {
  for (let first = 0; first < pieces.length; first += WRITEV_PIECES_MAX) {
    const some = pieces.slice(first, first + WRITEV_PIECES_MAX);
    const bytes = some.reduce((sum, piece) => sum + piece.length, 0);
    const { bytesWritten } = await handle.writev(some);
    // The rest of a short write tells why it was short (a full disk, as a rule) or gets done.
    if (bytesWritten < bytes) await handle.writeFile(Buffer.concat(some).subarray(bytesWritten));
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return true; // Not a name of ours: only its age counts.
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) !== "ESRCH";
  }
}
