import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { StoredArchivePart } from "../../../lib/engine/archive/list-archive-parts.ts";
import {
  type ArchiveRequest,
  type MadeArchivePart,
  makeArchivePart,
} from "../../../lib/engine/archive/make-archive-part.ts";
import { getPart, listPoints } from "../../../lib/engine/points.ts";
import type { Vault } from "../../../lib/engine/vault.ts";
import type { ArchiveTimes } from "../../../lib/model/archive.ts";
import { Failure } from "../../../lib/model/errors.ts";
import type { PartRef } from "../../../lib/model/point.ts";
import type { Clock } from "../../../lib/ports/clock.ts";
import type { RetainedStore } from "../../../lib/ports/retained-store.ts";

const DAY_MS = 86_400_000;

/** Of an archive part that nothing locks. */
export const unlocked = (startedAt: number): ArchiveTimes => ({
  retainUntil: startedAt,
  lock: "none",
  deleteAt: startedAt + 364 * DAY_MS,
  deadline: startedAt + 365 * DAY_MS,
});

export interface MakingWorld {
  readonly vault: Vault;
  readonly archive: RetainedStore;
  readonly clock: Clock;
}

export const QUIET = { progress: () => undefined, signal: new AbortController().signal };

/** Archives a class of the newest point. */
export const archiveNewest = async (
  world: MakingWorld,
  className: string,
  options: Partial<Pick<ArchiveRequest, "times" | "packBytes" | "businessDate">> = {},
): Promise<MadeArchivePart> => {
  const point = (await listPoints(world.vault.hot)).at(-1);
  if (point === undefined) throw new TypeError("there is no point to archive");
  const ref = point.parts.find((one) => one.class === className) as PartRef;
  return makeArchivePart(
    { ...world, ...QUIET },
    {
      point,
      part: await getPart(world.vault, point, ref),
      businessDate: "2026-11-01",
      schedule: "monthly",
      times: unlocked(point.startedAt),
      ...options,
    },
  );
};

/** The directory of an archive part as somebody would copy it from a bucket, with its key if he has that. */
export const withCopy = async <T>(
  archive: RetainedStore,
  part: StoredArchivePart,
  dataKey: Buffer | undefined,
  use: (directory: string) => Promise<T>,
): Promise<T> => {
  const directory = await mkdtemp(join(tmpdir(), "lastgood-archive-"));
  try {
    for (const { name, version } of part.objects) {
      const file = join(directory, name.split("/").slice(5).join("/"));
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, (await archive.get(name, version)) as Buffer);
    }
    if (dataKey !== undefined) await writeFile(join(directory, "data.key"), `${dataKey.toString("hex")}\n`);
    return await use(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
};

/** The blocks of a README, in order: what stands behind a first mark, and what between the two. */
export const blocksIn = (readme: string): readonly { readonly language: string; readonly text: string }[] =>
  [...readme.matchAll(/^```(\S+)\n([^]*?)^```$/gm)].map(([, language = "", text = ""]) => ({ language, text }));

export interface Ran {
  readonly status: number;
  readonly stderr: string;
}

/** Runs a script in a directory as somebody would who has typed it off. */
export const bash = (script: string, directory: string, env: NodeJS.ProcessEnv = process.env): Promise<Ran> =>
  promisify(execFile)("bash", ["-c", script], { cwd: directory, env }).then(
    ({ stderr }) => ({ status: 0, stderr }),
    (error: { code?: number; stderr: string }) => ({ status: error.code ?? -1, stderr: error.stderr }),
  );

/** What a dead process gets from its store. */
export class Dead extends Error {
  override readonly name = "Dead";
}

/**
 * A store whose process dies in the nth call that changes something: its effect happens, or not, and nobody hears of it.
 * Every later call fails too.
 */
export const dyingAt = (
  store: RetainedStore,
  verb: "put" | "delete",
  nth: number,
  options: { readonly effect: boolean },
): RetainedStore => {
  let calls = 0;
  let isDead = false;
  const alive = async <T>(act: () => Promise<T>): Promise<T> => {
    if (isDead) throw new Dead("this process was stopped");
    return act();
  };
  const mortal = async <T>(own: "put" | "delete", act: () => Promise<T>): Promise<T> =>
    alive(async () => {
      if (own !== verb || ++calls !== nth) return act();
      isDead = true;
      if (options.effect) await act();
      throw new Dead(`this process was stopped in ${verb} ${nth}`);
    });
  return {
    put: (name, pieces, retention) => mortal("put", () => store.put(name, pieces, retention)),
    delete: (name, version) => mortal("delete", () => store.delete(name, version)),
    get: (name, version, range) => alive(() => store.get(name, version, range)),
    versions: (name) => alive(() => store.versions(name)),
    retention: (name, version) => alive(() => store.retention(name, version)),
    async *list(prefix) {
      await alive(async () => undefined);
      yield* store.list(prefix);
    },
  };
};

/** A directory in which the line that locks one object is damaged: it is listed, and nothing else can be said of it. */
export const unlabelling = (
  archive: RetainedStore,
  name: string,
  unlabelled = new Failure("OBJECT_CORRUPT", `${name} does not begin with the line that says what locks it`),
): RetainedStore => {
  const unless = <T>(asked: string, act: () => Promise<T>): Promise<T> =>
    asked === name ? Promise.reject(unlabelled) : act();
  return {
    put: (asked, pieces, retention) => archive.put(asked, pieces, retention),
    get: (asked, version, range) => unless(asked, () => archive.get(asked, version, range)),
    versions: (asked) => unless(asked, () => archive.versions(asked)),
    retention: (asked, version) => unless(asked, () => archive.retention(asked, version)),
    delete: (asked, version) => unless(asked, () => archive.delete(asked, version)),
    async *list(prefix) {
      for await (const facts of archive.list(prefix))
        yield facts.name === name ? { ...facts, version: "unlabelled", unlabelled } : facts;
    },
  };
};

/** Every version in a store, as `name version`. */
export const versionsIn = async (archive: RetainedStore): Promise<readonly string[]> => {
  const names: string[] = [];
  for await (const { name, version } of archive.list("")) names.push(`${name} ${version}`);
  return names;
};
