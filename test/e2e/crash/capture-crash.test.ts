import { expect, test, vi } from "vitest";
import { sweep } from "../../../lib/engine/sweep.ts";
import { verify } from "../../../lib/engine/verify.ts";
import { memoryStore } from "../../../lib/local/memory-store.ts";
import type { Point } from "../../../lib/model/point.ts";
import type { ObjectStore } from "../../../lib/ports/object-store.ts";
import { postgresSource } from "../../../lib/postgres/source.ts";
import { counting } from "../../faults/counting.ts";
import { faulty, Killed } from "../../faults/faulty.ts";
import { manualClock } from "../../faults/manual-clock.ts";
import { freshDatabase, query, testServer } from "../../postgres.ts";
import { rebuiltState } from "../chain/rebuild.ts";
import { witness } from "../chain/witness.ts";
import { copyOf, namesIn, storesIn, sweptNamesIn } from "./one-store.ts";
import {
  afterTheLease,
  captureProcess,
  chunksOfPages,
  contentOf,
  type Machine,
  pointsIn,
  reachableIn,
  standingStill,
  vaultIn,
} from "./process.ts";
import { A_DAY_LATER, SMALL_SHOP } from "./small-shop.ts";

// Real cuts would need hundreds of megabytes for as many chunks and pages; that they are small changes nothing else.
vi.mock("../../../lib/engine/cut.ts", async (load) => ({
  ...(await load<object>()),
  BASE_CUT: { chunkBytesMin: 2048, chunkBytesTarget: 6144, chunkBytesMax: 12_288 },
  DELTA_CUT: { chunkBytesMin: 512, chunkBytesTarget: 1024, chunkBytesMax: 2048 },
}));
vi.mock("../../../lib/engine/page.ts", async (load) => ({ ...(await load<object>()), PAGE_CHUNKS_MAX: 3 }));

const server = testServer(18);

interface Scene {
  readonly machine: Machine;
  readonly url: string;
}

const openScene = async (): Promise<Scene> => {
  const url = await freshDatabase(server);
  await query(url, SMALL_SHOP);
  return { url, machine: { source: standingStill(await postgresSource(url)), clock: manualClock() } };
};

/** What is true of a capture that nobody kills, and of the vault before it. */
interface Story extends Scene {
  readonly before: ObjectStore;
  readonly pointsBefore: readonly Point[];
  readonly contentBefore: readonly Record<string, string>[];
  readonly content: Record<string, string>;
  readonly puts: number;
  readonly deletes: number;
  /** Chunks that it stores, and those that were there before. */
  readonly chunks: number;
  readonly chunksBefore: number;
  /** The vault after it. */
  readonly after: ObjectStore;
}

/** Takes the capture once in peace, and holds its point to what the database itself says. */
const tellStory = async ({ machine, url }: Scene, before: ObjectStore): Promise<Story> => {
  const pointsBefore = await pointsIn(before);
  const chunksBefore = (await chunkNames(before)).length;
  const after = await copyOf(before, machine.clock);
  const counted = counting(after);
  const { point } = await captureProcess(machine, counted);
  const vault = await vaultIn(after);
  expect(await rebuiltState(vault, point.id, url)).toEqual(await witness(url));
  return {
    machine,
    url,
    before,
    after,
    pointsBefore,
    contentBefore: await contentsOf(before, pointsBefore),
    content: await contentOf(after, point),
    puts: counted.counts.put.calls,
    deletes: counted.counts.delete.calls,
    chunks: (await chunkNames(after)).length - chunksBefore,
    chunksBefore,
  };
};

const contentsOf = async (store: ObjectStore, points: readonly Point[]) => {
  const contents: Record<string, string>[] = [];
  for (const point of points) contents.push(await contentOf(store, point));
  return contents;
};

const chunkNames = (store: ObjectStore) => namesIn(store, "hot/chunks/");
const idsOf = (points: readonly Point[]) => points.map(({ id }) => id);

/** What the run after a kill found and did. */
interface GoneOn {
  /** Whether the killed run had come so far as to make its point. */
  readonly hadPoint: boolean;
  /** Chunks that the dead capture's pages lead to. */
  readonly handedOn: number;
  /** Chunks that the second run stored. */
  readonly chunksAgain: number;
}

interface Kill {
  readonly verb: "put" | "delete";
  readonly nth: number;
  readonly effect: boolean;
}

/** Kills a capture, asks every reader, runs it again, sweeps, and asks every reader again. */
const killAndGoOn = async (story: Story, { verb, nth, effect }: Kill): Promise<GoneOn> => {
  const { machine } = story;
  const { clock } = machine;
  const store = await copyOf(story.before, clock);
  const dying = faulty(store).stopAfter(verb, nth, { effect });
  await expect(captureProcess(machine, dying)).rejects.toThrow(Killed);
  dying.assertAllFaultsFired();

  // No reader ever sees half a point: the points are those from before, and then perhaps the whole new one.
  const points = await pointsIn(store);
  expect(idsOf(points.slice(0, story.pointsBefore.length))).toEqual(idsOf(story.pointsBefore));
  const taken = points.slice(story.pointsBefore.length);
  expect(await contentsOf(store, taken)).toEqual(taken.map(() => story.content));

  await afterTheLease(clock);
  const handedOn = (await chunksOfPages(store)) - story.chunksBefore;
  const chunksLeft = (await chunkNames(store)).length;
  const { point } = await captureProcess(machine, store);
  const chunksAgain = (await chunkNames(store)).length - chunksLeft;

  const world = { clock, progress: () => {}, signal: new AbortController().signal };
  const swept = await sweep({ ...world, stores: storesIn(store) }, { dryRun: false });
  expect(swept.postponed).toBeUndefined();
  expect(await sweptNamesIn(store)).toEqual(await reachableIn(store));
  const now = await pointsIn(store);
  expect(idsOf(now)).toEqual([...idsOf(points), point.id]);
  expect(await contentsOf(store, now)).toEqual([
    ...story.contentBefore,
    ...taken.map(() => story.content),
    story.content,
  ]);
  const verified = await verify({ ...world, vault: await vaultIn(store) }, { level: "read" });
  expect(verified.problems).toEqual([]);
  return { hadPoint: taken.length > 0, handedOn, chunksAgain };
};

/** Every kill there is: at each write and each delete, before and after its effect. */
const killsOf = ({ puts, deletes }: Story): readonly Kill[] =>
  (["put", "delete"] as const).flatMap((verb) =>
    Array.from({ length: verb === "put" ? puts : deletes }, (_, i) => i + 1).flatMap((nth) =>
      [true, false].map((effect) => ({ verb, nth, effect })),
    ),
  );

/** Kills the capture of a story everywhere. @returns how often, and how often a dead capture handed something on */
const killEverywhere = async (story: Story, check: (seen: GoneOn, label: string) => void) => {
  const counts = { kills: 0, points: 0, handedOn: 0 };
  for (const kill of killsOf(story)) {
    const seen = await killAndGoOn(story, kill).catch((cause: Error) => {
      throw new Error(`killed at ${JSON.stringify(kill)}: ${cause.message}`, { cause });
    });
    check(seen, `killed at ${JSON.stringify(kill)}`);
    counts.kills++;
    if (seen.hadPoint) counts.points++;
    else if (seen.handedOn > 0) counts.handedOn++;
  }
  return counts;
};

test("a first capture killed at any write or delete shows no half point, goes on, and leaves nothing behind", async () => {
  const scene = await openScene();
  const story = await tellStory(scene, memoryStore(scene.machine.clock));
  expect(story.chunks).toBeGreaterThan(20);
  const seen = await killEverywhere(story, ({ hadPoint, handedOn, chunksAgain }, label) => {
    // A page is what a dead capture hands on: of its chunks none is stored again.
    if (!hadPoint) expect(chunksAgain, label).toBe(story.chunks - handedOn);
  });
  expect(seen.kills).toBe(2 * (story.puts + story.deletes));
  expect(seen.handedOn).toBeGreaterThan(story.puts);
  // The write of the point makes one, and neither of the two ways to die in the release after it takes it away.
  expect(seen.points).toBe(1 + 2);
});

test("a later capture killed at any write or delete does no harm to the points before it either", async () => {
  const scene = await openScene();
  const first = await tellStory(scene, memoryStore(scene.machine.clock));
  await query(scene.url, A_DAY_LATER);
  const machine = { ...scene.machine, source: standingStill(await postgresSource(scene.url)) };
  await afterTheLease(machine.clock);
  const story = await tellStory({ ...scene, machine }, first.after);
  const seen = await killEverywhere(story, ({ hadPoint, chunksAgain }, label) => {
    if (!hadPoint) expect(chunksAgain, label).toBeLessThanOrEqual(story.chunks);
  });
  expect(seen.kills).toBe(2 * (story.puts + story.deletes));
  expect(seen.handedOn).toBeGreaterThan(10);
  expect(seen.points).toBe(1 + 2);
});
