import { KMSClient } from "@aws-sdk/client-kms";
import { S3Client } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { kmsKeys } from "../../../lib/aws/kms-keys.ts";
import { S3_CALLS } from "../../../lib/aws/s3-calls.ts";
import { s3Store } from "../../../lib/aws/s3-store.ts";
import { SHORT_CALLS } from "../../../lib/aws/short-calls.ts";
import { manualClock } from "../../faults/manual-clock.ts";
import { type Machines, orphansAfterSweep } from "../../operations/capture-machines.ts";
import { contentOf, lastgood, restore, told } from "./command.ts";
import type { Asked } from "./front.ts";
import { execute, testWorld } from "./world.ts";

const DAY = "2026-11-21";

/** When a worker of a kind dies: around the nth object that it writes in a folder of the hot bucket. */
const KILLS = [
  { database: "copy-chunk", kind: "copy", folder: "chunks", nth: 1, when: "before" },
  { database: "copy-result", kind: "copy", folder: "results", nth: 3, when: "before" },
  { database: "hold-intent", kind: "hold", folder: "intents", nth: 1, when: "after" },
  { database: "hold-part", kind: "hold", folder: "parts", nth: 1, when: "after" },
  { database: "hold-ended", kind: "hold", folder: "points", nth: 1, when: "after" },
] as const;

// A name of its own for each: a worker that was killed keeps other captures of its database waiting until its lease ends.
const world = testWorld([...KILLS.map(({ database }) => database), "workflow"]);

const onWrite = ({ database, kind, folder, nth }: (typeof KILLS)[number]) => {
  let seen = 0;
  return ({ event, what }: Asked): boolean => {
    const { kind: called, task } = event as { readonly kind?: string; readonly task?: { readonly run: string } };
    if (called !== kind || task?.run.startsWith(`hot-${database}-${DAY}`) !== true) return false;
    return what.startsWith("PUT ") && what.includes(`/${folder}/`) && ++seen === nth;
  };
};

interface Listed {
  readonly id: string;
  readonly database: string;
}

const pointsOf = async (database: string): Promise<readonly string[]> => {
  const { points } = await told(lastgood(world(), "point", "list", "--json"));
  return (points as Listed[]).filter((point) => point.database === database).map(({ id }) => id);
};

/** Takes the day's hot copy. @returns its point */
const copied = async (database: string, dies?: Parameters<typeof execute>[4]): Promise<string> => {
  const ended = await execute(world(), "hot-copy", `hot-${database}-${DAY}`, { database, day: DAY }, dies);
  if (!("result" in ended)) throw new Error(JSON.stringify(ended));
  return (ended.result as { readonly point: Listed }).point.id;
};

// Side by side: they mostly wait for each other's marks on the board. And they all make the vault at the same time.
test.concurrent.for(KILLS)(
  "a $kind worker that is killed $when it writes object $nth of its $folder leaves one point",
  async (one, { expect }) => {
    const kill = world().front.kill(one.when, onWrite(one));
    const point = await copied(one.database);
    expect(kill.happened).toBe(true);
    expect(await pointsOf(one.database)).toEqual([point]);
  },
);

test("a workflow whose process is killed at every other checkpoint leaves one point", async () => {
  let deaths = 0;
  const point = await copied("workflow", (checkpoint, ofInvocation) => {
    if (ofInvocation > 1) return undefined;
    deaths += 1;
    return checkpoint % 2 === 0 ? "before it is kept" : "after it is kept";
  });
  expect(deaths).toBeGreaterThan(5);
  expect(await pointsOf("workflow")).toEqual([point]);
});

test("of all that the dead left, a sweep after their leases leaves nothing, and all points read back and come back", async () => {
  const { emulator, stack } = world();
  const access = { endpoint: emulator.endpoint, region: emulator.region, credentials: emulator.credentials };
  const clock = manualClock(Date.now());
  const s3 = new S3Client({ ...access, ...S3_CALLS });
  const { hotBucket, keysBucket, wrappingKey } = stack.outputs;
  const stores = { hot: s3Store(s3, hotBucket, clock), keys: s3Store(s3, keysBucket, clock) };
  const keys = kmsKeys(new KMSClient({ ...access, ...SHORT_CALLS }), wrappingKey);
  expect(await orphansAfterSweep({ clock, stores, keys } as Machines)).toEqual([]);

  const verified = await told(lastgood(world(), "verify", "--level", "read", "--json"));
  expect(verified).toMatchObject({ problems: [] });
  const [point = ""] = await pointsOf("hold-part");
  await restore(world(), point, "brought_back");
  expect(await contentOf(world(), "brought_back")).toEqual(await contentOf(world(), "shop"));
});
