import type { Dirent } from "node:fs";
import { link, lstat, mkdir, readdir, rename, rmdir, stat, unlink } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { type ByteRange, checkRange } from "../model/byte-range.ts";
import { Failure } from "../model/errors.ts";
import { limit } from "../model/limit.ts";
import { checkObjectName, checkObjectPrefix, isObjectSegment } from "../model/object-name.ts";
import type { Clock } from "../ports/clock.ts";
import type { ObjectFacts, ObjectStore } from "../ports/object-store.ts";
import { DirectorySync } from "./directory-sync.ts";
import { Incoming } from "./incoming.ts";
import { NO_OBJECT, NOT_THERE, readObject } from "./read-object.ts";
import { errnoOf, storeFailure, unless } from "./store-failure.ts";

export const FILE_MODE = 0o644;
const PARALLEL_MAX = 16;
const LIST_BATCH = 64;
const PUBLISH_TRIES_MAX = 20; // Each try loses to another process that removed the directory just then.
const STAYS = ["ENOTEMPTY", "EEXIST", "EBUSY", "EACCES", "EPERM"]; // Why a directory is not removed.

/** What a directory can do beyond the port. */
export interface DirectoryObjects extends ObjectStore {
  /**
   * Deletes the object if its first bytes are right, in one step: one that came under the name since somebody looked stays.
   * It is taken aside for that, under a name that no listing shows, and put back if it is another.
   */
  deleteIf(name: string, firstBytes: number, isRight: (first: Buffer) => boolean): Promise<"deleted" | "absent">;
}

export interface DirectoryOptions {
  readonly clock: Clock;
  readonly create: boolean;
  /** @default readable by all, writable by who wrote it */
  readonly fileMode?: number;
}

/**
 * The store in a directory: one file per object, under its own name, so that a copy made by any tool is a store too.
 *
 * Order of a put, and why it survives a crash: the bytes are written and synced under a name that no listing shows; a
 * hard link, which the kernel refuses if the name exists, publishes the whole file at once; the directory is synced
 * before `put` resolves. A writer that dies before the link leaves a file that the next writer sweeps.
 *
 * Symbolic links under the root are never listed or written through; the directories of an object are real ones.
 *
 * @param root  made if `create` is set; else it must exist
 * @throws VAULT_NOT_FOUND, VAULT_NOT_A_DIRECTORY, or what a store throws
 */
export async function openDirectoryStore(
  root: string,
  { clock, create, fileMode = FILE_MODE }: DirectoryOptions,
): Promise<DirectoryObjects> {
  const path = resolve(root);
  try {
    if (create) await makeRoot(path);
    const facts = await stat(path);
    if (!facts.isDirectory()) throw new Failure("VAULT_NOT_A_DIRECTORY", `${path} is not a directory`);
    return new DirectoryStore(path, identityOf(facts), new Incoming(path, clock, fileMode));
  } catch (error) {
    switch (errnoOf(error)) {
      case "ENOENT":
        throw new Failure("VAULT_NOT_FOUND", `there is no directory ${path}`, { cause: error });
      case "EEXIST":
      case "ENOTDIR":
        throw new Failure("VAULT_NOT_A_DIRECTORY", `${path} is not a directory, or lies under a file`, {
          cause: error,
        });
      default:
        throw storeFailure(error, `open ${path}`);
    }
  }
}

async function makeRoot(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true });
  if (first !== undefined) await new DirectorySync(dirname(first)).sync(dirname(path));
}

const identityOf = (facts: { dev: number; ino: number }) => `${facts.dev} ${facts.ino}`;

class DirectoryStore implements DirectoryObjects {
  readonly #root: string;
  readonly #identity: string;
  readonly #incoming: Incoming;
  readonly #directories: DirectorySync;
  readonly #limit = limit(PARALLEL_MAX);

  constructor(root: string, identity: string, incoming: Incoming) {
    this.#root = root;
    this.#identity = identity;
    this.#incoming = incoming;
    this.#directories = new DirectorySync(root);
  }

  async put(name: string, pieces: readonly Uint8Array[]): Promise<"created" | "exists"> {
    checkObjectName(name);
    return this.#act(`write ${name}`, async () => {
      const path = join(this.#root, name);
      await this.#checkRoot();
      const there = await unless(NOT_THERE, lstat(path));
      const outcome = there?.isFile() ? "exists" : await this.#publish(name, path, pieces);
      // Also if it exists: its writer may have died before this.
      await this.#directories.sync(dirname(path));
      return outcome;
    });
  }

  async get(name: string, range?: ByteRange): Promise<Buffer | undefined> {
    checkObjectName(name);
    checkRange(range);
    const path = join(this.#root, name);
    return this.#act(`read ${name}`, async () => (await readObject(path, range)) ?? this.#checkRoot());
  }

  async head(name: string): Promise<ObjectFacts | undefined> {
    checkObjectName(name);
    return this.#act(`look for ${name}`, async () => (await this.#facts(name)) ?? this.#checkRoot());
  }

  async *list(prefix: string): AsyncIterable<ObjectFacts> {
    checkObjectPrefix(prefix);
    yield* this.#listDirectory(prefix.slice(0, prefix.lastIndexOf("/") + 1), prefix);
    await this.#checkRoot(); // Otherwise what we did not see may be there all the same.
  }

  async delete(name: string): Promise<"deleted" | "absent"> {
    checkObjectName(name);
    const remove = (path: string) => unlink(path).then(() => true);
    return this.#act(`delete ${name}`, () => this.#delete(name, remove));
  }

  async deleteIf(name: string, firstBytes: number, isRight: (first: Buffer) => boolean): Promise<"deleted" | "absent"> {
    checkObjectName(name);
    return this.#act(`delete ${name}`, () =>
      this.#delete(name, async (path) => {
        const aside = await this.#incoming.write([]);
        await rename(path, aside).catch(async (error: unknown) => {
          await unlink(aside);
          throw error;
        });
        let right = false;
        try {
          right = isRight((await readObject(aside, { offset: 0, length: firstBytes })) ?? Buffer.alloc(0));
        } finally {
          // Back before it goes from here: if that fails it stays, aside.
          if (!right) {
            await this.#makeDirectory(name, dirname(path));
            await link(aside, path);
          }
          await unlink(aside);
        }
        await this.#directories.sync(dirname(aside));
        return right;
      }),
    );
  }

  /** @param remove  false if it left the object where it was */
  async #delete(name: string, remove: (path: string) => Promise<boolean>): Promise<"deleted" | "absent"> {
    const path = join(this.#root, name);
    const facts = await unless(NOT_THERE, lstat(path));
    if (facts === undefined || !facts.isFile()) {
      await this.#checkRoot();
      // Another process may have deleted it and not have come to this.
      await this.#directories.sync(dirname(path));
      return "absent";
    }
    const deleted = await unless(NOT_THERE, remove(path));
    await this.#directories.sync(await this.#removeEmpty(dirname(path)));
    return deleted === true ? "deleted" : "absent";
  }

  async #publish(name: string, path: string, pieces: readonly Uint8Array[]): Promise<"created" | "exists"> {
    for (let tries = 1; ; tries++) {
      const incoming = await this.#incoming.write(pieces);
      try {
        await this.#makeDirectory(name, dirname(path));
        await link(incoming, path);
        return "created";
      } catch (error) {
        const errno = errnoOf(error);
        if (errno === "EEXIST" && !(await this.#makeWay(name, path))) return "exists";
        if ((errno !== "EEXIST" && errno !== "ENOENT") || tries === PUBLISH_TRIES_MAX) throw error;
      } finally {
        await unless(["ENOENT"], unlink(incoming));
      }
    }
  }

  /** Whether the name is free after all: a directory whose last object went is as good as none. */
  async #makeWay(name: string, path: string): Promise<boolean> {
    const there = await unless(NOT_THERE, lstat(path));
    if (there === undefined || there.isFile()) return false;
    if (
      there.isDirectory() &&
      (await unless(
        STAYS,
        rmdir(path).then(() => true),
      ))
    )
      return true;
    throw new TypeError(`${name} cannot be stored: there are objects under ${name}/, or something that is no object`);
  }

  // From the root down and never the root itself: a disk that was unmounted must not be replaced by a fresh directory.
  async #makeDirectory(name: string, directory: string): Promise<void> {
    if (directory === this.#root || (await isDirectory(directory))) return;
    await this.#makeDirectory(name, dirname(directory));
    try {
      await mkdir(directory);
    } catch (error) {
      if (errnoOf(error) !== "EEXIST" && errnoOf(error) !== "ENOTDIR") throw error;
      if (!(await isDirectory(directory))) {
        throw new TypeError(`${name} cannot be stored: part of its name is an object`, { cause: error });
      }
    }
  }

  /** Removes directories that became empty, upwards. Gives the lowest one that stays. */
  async #removeEmpty(directory: string): Promise<string> {
    if (directory === this.#root) return directory;
    const stays = ["ENOTEMPTY", "EEXIST", "EBUSY", "EACCES", "EPERM"];
    const removed = await unless(
      stays,
      rmdir(directory).then(() => true, ignoreGone),
    );
    return removed === undefined ? directory : this.#removeEmpty(dirname(directory));
  }

  async *#listDirectory(directory: string, prefix: string): AsyncIterable<ObjectFacts> {
    const entries = await this.#act(`list ${directory}`, () => this.#entries(directory, prefix));
    for (let first = 0; first < entries.length; ) {
      const entry = entries[first] ?? "";
      if (entry.endsWith("/")) {
        yield* this.#listDirectory(entry, prefix);
        first += 1;
        continue;
      }
      const files = entries.slice(first, first + LIST_BATCH);
      const end = files.findIndex((one) => one.endsWith("/"));
      const batch = end === -1 ? files : files.slice(0, end);
      const facts = await this.#act(`list ${directory}`, () => Promise.all(batch.map((name) => this.#facts(name))));
      for (const one of facts) if (one !== undefined) yield one;
      first += batch.length;
    }
  }

  /** Names in a directory (both with a trailing slash, if they are directories) in the order of the objects in them. */
  async #entries(directory: string, prefix: string): Promise<string[]> {
    const found = await unless(NOT_THERE, readdir(join(this.#root, directory), { withFileTypes: true }));
    if (found === undefined) return (await this.#checkRoot()) ?? [];
    const names: string[] = [];
    for (const entry of found) {
      if (!isObjectSegment(entry.name)) continue;
      const name = nameOf(directory, entry);
      if (name === undefined) continue;
      const leadsThere = name.endsWith("/") && prefix.startsWith(name);
      if (leadsThere || name.startsWith(prefix)) names.push(name);
    }
    // Names are ASCII, so the order of strings is the order of bytes; "a-b" < "a/c" < "a0" needs the slash in place.
    return names.sort();
  }

  async #facts(name: string): Promise<ObjectFacts | undefined> {
    const facts = await unless(NO_OBJECT, lstat(join(this.#root, name)));
    if (facts === undefined || !facts.isFile()) return undefined;
    return { name, bytes: facts.size, writtenAt: Math.trunc(facts.mtimeMs) };
  }

  /** "Absent" is an answer only of the store we opened: an unmounted disk leaves an empty directory behind. */
  async #checkRoot(): Promise<undefined> {
    const root = await unless(NOT_THERE, stat(this.#root));
    if (root !== undefined && identityOf(root) === this.#identity) return undefined;
    throw new Failure("STORE_UNREACHABLE", `the directory ${this.#root} is gone or is another one now`);
  }

  #act<T>(act: string, work: () => Promise<T>): Promise<T> {
    return this.#limit(async () => {
      try {
        return await work();
      } catch (error) {
        throw storeFailure(error, `${act} in ${this.#root}`);
      }
    });
  }
}

const isDirectory = async (path: string) => (await unless(NOT_THERE, lstat(path)))?.isDirectory() ?? false;

function ignoreGone(error: unknown): true {
  if (errnoOf(error) !== "ENOENT") throw error;
  return true;
}

function nameOf(directory: string, entry: Dirent): string | undefined {
  if (entry.isFile()) return directory + entry.name;
  return entry.isDirectory() ? `${directory}${entry.name}/` : undefined;
}
