import { expect, test } from "vitest";
import { openInProcessWorkflow } from "../../lib/local/in-process-workflow.ts";
import { captureOverMachines } from "../../lib/operations/capture-point.ts";
import { hotCopy, startHotCopy } from "../../lib/operations/hot-copy.ts";
import type { Plain } from "../../lib/ports/workflow.ts";
import type { WorkflowStarter } from "../../lib/ports/workflow-starter.ts";
import { seededEntropy } from "../engine/memory-vault.ts";
import { inTime, pointsOf } from "./capture-machines.ts";
import { newScene, type Scene, workersOf } from "./release-world.ts";

const FRIDAY = { database: "shop", day: "2026-11-20" };

const copy = (scene: Scene, request = FRIDAY) => {
  const workflow = openInProcessWorkflow({ clock: scene.clock, workers: workersOf(scene) });
  const capture = captureOverMachines({ entropy: seededEntropy(`${request.day} ${++series}`), lanes: 2 });
  return inTime(scene.clock, hotCopy(workflow, { capture, readers: 2 }, request));
};
let series = 0;

/** Lambda, as far as it tells executions apart. */
const memoryStarter = (): WorkflowStarter & { readonly executions: ReadonlyMap<string, Plain> } => {
  const executions = new Map<string, Plain>();
  return {
    executions,
    start(name, input) {
      const before = executions.get(name);
      if (before !== undefined && JSON.stringify(before) !== JSON.stringify(input)) return Promise.resolve("known");
      executions.set(name, input);
      return Promise.resolve("accepted");
    },
  };
};

test("a hot copy of a day leaves one point that reads back, and the same day again is that point", async () => {
  const scene = newScene();
  const first = await copy(scene);
  expect(first).toMatchObject({ ...FRIDAY, point: { tables: 2, rows: 65 }, read: { rows: 65 } });
  expect(await copy(scene)).toEqual(first);
  expect(await pointsOf(scene)).toMatchObject([{ id: first.point.id, tier: "hot", label: "2026-11-20" }]);
});

test("the next day is another point, which stores what changed", async () => {
  const scene = newScene();
  await copy(scene);
  scene.database.change("orders", new Map([[3, "changed on Saturday"]]));
  const saturday = await copy(scene, { ...FRIDAY, day: "2026-11-21" });
  expect(await pointsOf(scene)).toHaveLength(2);
  // The changed row lies in both layers.
  expect(saturday).toMatchObject({ point: { rows: 65 }, read: { rows: 66 } });
});

test("a day is started once, and another attempt of it by another name", async () => {
  const starter = memoryStarter();
  const names = [1, 1, 2].map(async (attempt) => (await startHotCopy(starter, { ...FRIDAY, attempt })).name);
  expect(await Promise.all(names)).toEqual(["hot-shop-2026-11-20", "hot-shop-2026-11-20", "hot-shop-2026-11-20-2"]);
  expect([...starter.executions.values()]).toEqual([FRIDAY, FRIDAY]);
});

test("databases with long names that begin alike have names of executions of their own, of 64 characters at most", async () => {
  const starter = memoryStarter();
  const name = async (database: string) =>
    (await startHotCopy(starter, { database, day: "2026-11-20", attempt: 99 })).name;
  const [one, two] = [await name(`${"a".repeat(62)}1`), await name(`${"a".repeat(62)}2`)];
  expect(one).not.toBe(two);
  for (const each of [one, two]) expect(each).toMatch(/^[a-z0-9-]{1,64}$/);
});
