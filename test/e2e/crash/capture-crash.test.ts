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
import { copyOf, namesIn, storesIn } from "./one-store.ts";
import {
  afterTheLease,
  captureProcess,
  chunksOfPages,
  contentOf,
  type Machine,
  pointsIn,
  reachableIn,
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
  return { url, machine: { source: await postgresSource(url), clock: manualClock() } };
};

/** What is true of a capture that nobody kills, and of the vault before it. */
interface Story extends Scene {
  readonly before: ObjectStore;
  readonly pointsBefore: readonly Point[];
  readonly contentBefore: readonly Record<string, string>[];
  readonly content: Record<string, string>;
  readonly puts: number;
  readonly deletes: number;
  readonly chunks: number;
  /** The vault after it. */
  readonly after: ObjectStore;
}

/** Takes the capture once in peace, and holds its point to what the database itself says. */
const tellStory = async ({ machine, url }: Scene, before: ObjectStore): Promise<Story> => {
  const pointsBefore = await pointsIn(before);
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
    chunks: (await chunkNames(after)).length - (await chunkNames(before)).length,
  };
};

const contentsOf = async (store: ObjectStore, points: readonly Point[]) => {
  const contents: Record<string, string>[] = [];
  for (const point of points) contents.push(await contentOf(store, point));
  return contents;
};

const chunkNames = (store: ObjectStore) => namesIn(store, "hot/chunks/");
const idsOf = (points: readonly Point[]) => points.map(({ id }) => id);

interface Kill {
  readonly verb: "put" | "delete";
  readonly nth: number;
  readonly effect: boolean;
}

/** Kills a capture, runs it again, sweeps, and asks every reader. @returns chunks that the second run stored */
const killAndGoOn = async (story: Story, { verb, nth, effect }: Kill) => {
  const { machine } = story;
  const { clock } = machine;
  const store = await copyOf(story.before, clock);
  const dying = faulty(store).stopAfter(verb, nth, { effect });
  await expect(captureProcess(machine, dying)).rejects.toThrow(Killed);
  dying.assertAllFaultsFired();

  // No reader ever sees half a point: the points are those from before, and then the whole new one.
  const points = await pointsIn(store);
  expect(idsOf(points.slice(0, story.pointsBefore.length))).toEqual(idsOf(story.pointsBefore));
  const taken = points.slice(story.pointsBefore.length);
  expect(await contentsOf(store, taken)).toEqual(taken.map(() => story.content));

  await afterTheLease(clock);
  const pagesLeft = await chunksOfPages(store);
  const chunksLeft = (await chunkNames(store)).length;
  const { point } = await captureProcess(machine, store);
  const chunksAgain = (await chunkNames(store)).length - chunksLeft;
  expect(await contentOf(store, point)).toEqual(story.content);

  const world = { clock, progress: () => {}, signal: new AbortController().signal };
  const swept = await sweep({ ...world, stores: storesIn(store) }, { dryRun: false });
  expect(swept.postponed).toBeUndefined();
  expect(await namesIn(store)).toEqual(await reachableIn(store));
  const now = await pointsIn(store);
  expect(idsOf(now)).toEqual([...idsOf(points), point.id]);
  expect(await contentsOf(store, now.slice(0, story.pointsBefore.length))).toEqual(story.contentBefore);
  expect(await contentOf(store, point)).toEqual(story.content);
  const verified = await verify({ ...world, vault: await vaultIn(store) }, { level: "read" });
  expect(verified.problems).toEqual([]);
  return { taken: taken.length, pagesLeft, chunksAgain };
};

/** Every kill there is: at each write and each delete, before and after its effect. */
const killsOf = ({ puts, deletes }: Story): readonly Kill[] =>
  (["put", "delete"] as const).flatMap((verb) =>
    Array.from({ length: verb === "put" ? puts : deletes }, (_, i) => i + 1).flatMap((nth) =>
      [true, false].map((effect) => ({ verb, nth, effect })),
    ),
  );

test("a capture killed at any write leaves no half point, goes on where it was, and leaves nothing behind", async () => {
  const scene = await openScene();
  const first = await tellStory(scene, memoryStore(scene.machine.clock));
  expect(first.chunks).toBeGreaterThan(20);
  console.log(first.puts, first.deletes, first.chunks);
  let takenOver = 0;
  for (const kill of killsOf(first)) {
    const seen = await killAndGoOn(first, kill);
    console.log(JSON.stringify(kill), JSON.stringify(seen), Date.now() % 1e6);
    const label = `${JSON.stringify(kill)} of ${first.puts}`;
    // A page is what a dead capture hands on: its chunks are never stored again. If a point was there, nothing is.
    expect(seen.chunksAgain, label).toBe(seen.taken === 0 ? first.chunks - seen.pagesLeft : seen.chunksAgain);
    if (seen.pagesLeft > 0 && seen.taken === 0) takenOver++;
  }
  expect(takenOver).toBeGreaterThan(10);
});
