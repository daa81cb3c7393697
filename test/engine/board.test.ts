import { expect, test } from "vitest";
import { Board, checkRun } from "../../lib/engine/board.ts";
import { decodeResult, decodeTasks, encodeResult, encodeTasks, shareOut } from "../../lib/engine/board-work.ts";
import type { CopyResult } from "../../lib/engine/copy-tables.ts";
import type { BaseTask } from "../../lib/engine/lane.ts";
import { memoryStore } from "../../lib/local/memory-store.ts";
import { manualClock } from "../faults/manual-clock.ts";
import { namesIn, seededEntropy } from "./memory-vault.ts";
import { syntheticFacts } from "./synthetic-rows.ts";

const RUN = "hot-shop-2026-11-21";
const partKey = Buffer.alloc(32, 7);
const place = { class: "raw", partKey, entropy: seededEntropy("board") };
const NAME = `work/${RUN}/p1/board/01.01.raw`;

const page = {
  name: "pages/raw/p1/aa",
  key: "a2V5",
  first: "00",
  last: "ff",
  rows: 3,
  chunks: 1,
  plainBytes: 9,
  sealedBytes: 8,
};
const task: BaseTask = {
  kind: "base",
  class: "raw",
  tableId: "00000000000000a1",
  facts: syntheticFacts({ name: "salaries" }),
  cutBits: 4,
  from: "80",
  known: [page],
};
const result: CopyResult = {
  kind: "base",
  pages: [{ ref: page, sum: 2n ** 64n - 1n, firstColumn: "80", startsRange: true }],
  rows: 3,
  stored: { objects: 2, bytes: 17 },
};

const newBoard = () => {
  const store = memoryStore(manualClock());
  return { store, board: new Board(store, RUN) };
};

test("tasks and results come back as they went, sums of 64 bits included", () => {
  const tasks = [{ number: 3, lane: 1, task }];
  const sealed = Buffer.concat(encodeTasks(place, NAME, tasks));
  expect(decodeTasks(place, NAME, sealed)).toEqual(tasks);
  const posted = { result, rows: 3, bytes: 99 };
  expect(decodeResult(place, NAME, Buffer.concat(encodeResult(place, NAME, posted)))).toEqual(posted);
});

test("without the key a task shows neither table, column, range nor page", () => {
  const sealed = Buffer.concat(encodeTasks(place, NAME, [{ number: 0, lane: 0, task }])).toString("latin1");
  for (const word of ["salaries", "public", "body", "pages/", "a2V5"]) expect(sealed).not.toContain(word);
});

test("fails when what lies on the board was changed, moved, or sealed for another class or point", () => {
  const sealed = Buffer.concat(encodeResult(place, NAME, { result, rows: 3, bytes: 99 }));
  const damaged = { code: "OBJECT_CORRUPT", facts: { object: NAME } };
  for (let at = 0; at < sealed.length; at++) {
    const changed = Buffer.from(sealed);
    changed[at] = (changed[at] as number) ^ 1;
    expect(() => decodeResult(place, NAME, changed), `byte ${at}`).toThrow(/is damaged|format/);
  }
  const other = `work/${RUN}/p1/board/02.01.raw`;
  expect(() => decodeResult(place, other, sealed)).toThrow("another place");
  expect(() => decodeResult({ ...place, class: "personal" }, NAME, sealed)).toThrow("another place");
  expect(() => decodeResult({ ...place, partKey: Buffer.alloc(32, 8) }, NAME, sealed)).toThrow(
    expect.objectContaining(damaged) as Error,
  );
});

test("a board shows the newest take with its rounds, and whether it has ended", async () => {
  const { store, board } = newBoard();
  expect(await board.posted("p1")).toEqual({ take: 0, rounds: [], ended: false });
  for (const take of [1, 2]) {
    expect(await board.openTake({ pointId: "p1", token: `view-${take}`, classes: ["raw", "v1.json"] })).toBe(take);
    for (const className of ["raw", "v1.json"]) await store.put(board.tasksName("p1", take, 1, className), []);
  }
  await board.end("p1", "SOURCE_MOVED");
  await board.end("p1", null);
  expect(await board.posted("p1")).toMatchObject({
    take: 2,
    ended: true,
    rounds: [
      { take: 2, round: 1, class: "raw" },
      { take: 2, round: 1, class: "v1.json" },
    ],
  });
  expect(await board.take("p1", 2)).toMatchObject({ token: "view-2" });
  await expect(board.assertWanted("p1", "5e")).rejects.toMatchObject({ code: "CAPTURE_RUNNING" });
});

test("who closes a series first is believed", async () => {
  const { store, board } = newBoard();
  expect(await board.closedWith("5e")).toBeUndefined();
  await board.close("5e", "WORKER_LOST");
  await board.close("5e", null);
  expect(await board.closedWith("5e")).toBe("WORKER_LOST");
  expect(await board.isClosed("5f")).toBe(false);
  expect(await namesIn(store)).toEqual([`work/${RUN}/closed/5e.json`]);
});

test.each(["", "a/b", "../a", ".hidden", "ü", "a b", "x".repeat(201)])("fails for a run named %j", (run) => {
  expect(() => checkRun(run)).toThrow(TypeError);
});

test("tasks are shared out so that no lane has much more than another, small ones by their number", () => {
  const MIB = 1024 * 1024;
  const bytes = [400, 10, 10, 10, 100, 100, 90, 100].map((mib) => mib * MIB);
  const loads = [0, 0, 0];
  shareOut(bytes, 3).forEach((lane, i) => (loads[lane] = (loads[lane] as number) + (bytes[i] as number) / MIB));
  expect(loads.toSorted((a, b) => a - b)).toEqual([210, 210, 400]);
  const many = shareOut(
    Array.from({ length: 90 }, () => 0),
    9,
  );
  for (let lane = 0; lane < 9; lane++) expect(many.filter((one) => one === lane)).toHaveLength(10);
});
