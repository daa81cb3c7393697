import { expect, test } from "vitest";
import { removePoints } from "../../../lib/engine/expire.ts";
import { listIntents } from "../../../lib/engine/intent.ts";
import { isRestoreIntent } from "../../../lib/engine/restore/hold-pages.ts";
import { type SweepReport, sweep } from "../../../lib/engine/sweep.ts";
import { memoryStore } from "../../../lib/local/memory-store.ts";
import { systemClock } from "../../../lib/local/system-clock.ts";
import { type ErrorCode, Failure } from "../../../lib/model/errors.ts";
import type { ObjectStore } from "../../../lib/ports/object-store.ts";
import { freshDatabase, query, testServer } from "../../postgres.ts";
import { type RestoreVault, restoreVault, targetWith } from "./restore-world.ts";

const server = testServer(18);
const HOUR_MS = 3_600_000;
const quiet = { clock: systemClock, progress: () => {}, warn: () => {}, signal: new AbortController().signal };

/** A store whose objects are an hour old as soon as they are written: their age spares none of them. */
const oldStore = (): ObjectStore => memoryStore({ ...systemClock, now: () => systemClock.now() - HOUR_MS });

const captured = async (hot = oldStore()) => {
  const original = await freshDatabase(server);
  await query(original, "CREATE TABLE one (id integer PRIMARY KEY); INSERT INTO one SELECT generate_series(1, 10)");
  const vault = await restoreVault(hot);
  const point = await vault.capture(original);
  return { ...vault, original, point };
};

const sweepOf = ({ vault }: RestoreVault): Promise<SweepReport> =>
  sweep({ ...quiet, stores: vault.stores }, { dryRun: false });

/** The target, with something done before its first row is loaded. */
const beforeLoading = (url: string, act: () => Promise<void>) =>
  targetWith(url, (session) => ({
    async load(table, frames, options) {
      await act();
      return session.load(table, frames, options);
    },
  }));

const countIn = (url: string) => query(url, "SELECT count(*)::int AS n FROM one");

/** A store that refuses to write and delete intents, as soon as it is told to. */
const refusing = (code: ErrorCode) => {
  const store = oldStore();
  const refused = { now: false };
  const hot: ObjectStore = {
    ...store,
    async put(name, pieces) {
      if (refused.now && name.startsWith("intents/")) throw new Failure(code, "may not put");
      return store.put(name, pieces);
    },
    async delete(name) {
      if (refused.now && name.startsWith("intents/")) throw new Failure(code, "may not delete");
      return store.delete(name);
    },
  };
  return { hot, refused };
};

test("a sweep beside a restore spares what it reads, although its point is removed meanwhile", async () => {
  const made = await captured();
  const copy = await freshDatabase(server);
  let during: SweepReport | undefined;
  const target = beforeLoading(copy, async () => {
    await removePoints({ ...quiet, vault: made.vault }, [made.point.id]);
    during = await sweepOf(made);
  });
  await made.restore(copy, undefined, { target });
  expect(during).toMatchObject({ postponed: undefined, pages: { objects: 0 }, chunks: { objects: 0 } });
  expect(await countIn(copy)).toEqual([{ n: 10 }]);
  expect(await listIntents(made.hot)).toEqual([]);
  expect(await sweepOf(made)).toMatchObject({ pages: { objects: 1 }, chunks: { objects: 1 } });
});

test("a capture does not wait for a restore", async () => {
  const made = await captured();
  const copy = await freshDatabase(server);
  let intents = 0;
  const target = beforeLoading(copy, async () => {
    intents = (await listIntents(made.hot)).filter(isRestoreIntent).length;
    await made.capture(made.original);
  });
  await made.restore(copy, undefined, { target });
  expect(intents).toBe(1);
});

test.each(["STORE_FORBIDDEN", "STORE_FULL"] as const)(
  "a vault that cannot be written to (%s) still gives its rows back, with a notice",
  async (code) => {
    const { hot, refused } = refusing(code);
    const made = await captured(hot);
    refused.now = true;
    const copy = await freshDatabase(server);
    const notices: string[] = [];
    await made.restore(copy, undefined, { warn: (notice) => notices.push(notice) });
    expect(await countIn(copy)).toEqual([{ n: 10 }]);
    expect(notices).toEqual([expect.stringContaining("a sweep beside this restore is not held off")]);
  },
);

test("fails with what went wrong in the restore, not with an intent that cannot be released", async () => {
  const { hot, refused } = refusing("STORE_UNREACHABLE");
  const made = await captured(hot);
  const copy = await freshDatabase(server);
  const notices: string[] = [];
  const target = beforeLoading(copy, () => {
    refused.now = true;
    throw new Failure("TARGET_NO_SPACE", "the disk is full");
  });
  const restored = made.restore(copy, undefined, { target, warn: (notice) => notices.push(notice) });
  await expect(restored).rejects.toMatchObject({ code: "TARGET_NO_SPACE" });
  expect(notices).toEqual([expect.stringContaining("the intent of this restore could not be released")]);
});

test("who may write and not delete says that the restore has ended, and the next sweep takes its intent away", async () => {
  const store = oldStore();
  const made = await captured({
    ...store,
    delete: () => Promise.reject(new Failure("STORE_FORBIDDEN", "may not delete")),
  });
  const copy = await freshDatabase(server);
  const notices: string[] = [];
  await made.restore(copy, undefined, { warn: (notice) => notices.push(notice) });
  expect(notices).toEqual([]);
  expect((await listIntents(store)).filter(isRestoreIntent)).toEqual([]);
});

test("fails without leaving an intent when the plan is refused", async () => {
  const made = await captured();
  const copy = await freshDatabase(server);
  await query(copy, "CREATE TABLE other (n integer)");
  await expect(made.restore(copy)).rejects.toMatchObject({ code: "TARGET_NOT_EMPTY" });
  expect(await listIntents(made.hot)).toEqual([]);
});
