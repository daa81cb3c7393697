import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { memoryStore } from "../../../lib/local/memory-store.ts";
import { Failure } from "../../../lib/model/errors.ts";
import { postgresSource } from "../../../lib/postgres/source.ts";
import { counting } from "../../faults/counting.ts";
import { faulty } from "../../faults/faulty.ts";
import { manualClock } from "../../faults/manual-clock.ts";
import { freshDatabase, query, testServer } from "../../postgres.ts";
import { copyOf } from "../crash/one-store.ts";
import { afterTheLease, captureProcess, contentOf, pointsIn } from "../crash/process.ts";
import { expectFailed, lastgood, placeIn, temporary } from "./operator.ts";

const server = testServer(18);
const PROGRAM = resolve(import.meta.dirname, "../../../bin/lastgood.ts");
const full = () => new Failure("STORE_FULL", "could not write an object: ENOSPC");

test("a capture whose store is full at any one write fails with STORE_FULL, and the next goes on at once", async () => {
  const url = await freshDatabase(server);
  await query(
    url,
    `CREATE TABLE a AS SELECT n AS id FROM generate_series(1, 100) n;
     CREATE TABLE b AS SELECT n AS id FROM generate_series(1, 100) n`,
  );
  const clock = manualClock();
  const machine = { source: await postgresSource(url), clock };
  const empty = memoryStore(clock);
  const counted = counting(await copyOf(empty, clock));
  const { point: undisturbed } = await captureProcess(machine, counted);
  expect(undisturbed.parts[0]).toMatchObject({ tables: 2, rows: 200 });
  const puts = counted.counts.put.calls;
  for (let nth = 1; nth < puts; nth++) {
    const store = await copyOf(empty, clock);
    const failing = faulty(store).on("put", nth, full());
    await expect(captureProcess(machine, failing)).rejects.toMatchObject({
      code: "STORE_FULL",
      exit: 8,
      retryable: true,
    });
    failing.assertAllFaultsFired();
    expect(await pointsIn(store)).toEqual([]);
    // No time passes: a capture that failed gave its lease up.
    const { point } = await captureProcess(machine, store, {
      warn: (message) => expect.fail(`put ${nth}: ${message}`),
    });
    expect(Object.keys(await contentOf(store, point))).toEqual(["public.a", "public.b"]);
  }
  // The last write says that the lease has ended. Without it the point is as whole, and the lease ends by itself.
  const store = await copyOf(empty, clock);
  const failing = faulty(store).on("put", puts, full());
  const warnings: string[] = [];
  const { point } = await captureProcess(machine, failing, { warn: (message) => void warnings.push(message) });
  failing.assertAllFaultsFired();
  expect(warnings).toEqual([expect.stringContaining("could not be released (could not write an object: ENOSPC)")]);
  expect((await pointsIn(store)).map(({ id }) => id)).toEqual([point.id]);
});

test("a capture that never hears of one of its writes fails, and the next goes on, at the latest when its lease is over", async () => {
  const url = await freshDatabase(server);
  await query(url, "CREATE TABLE a AS SELECT n AS id FROM generate_series(1, 100) n");
  const clock = manualClock();
  const machine = { source: await postgresSource(url), clock };
  const counted = counting(memoryStore(clock));
  await captureProcess(machine, counted);
  for (let nth = 1; nth <= counted.counts.put.calls; nth++) {
    const store = memoryStore(clock);
    let puts = 0;
    const put = async (...args: Parameters<typeof store.put>) => {
      const outcome = await store.put(...args);
      if (++puts === nth) throw new Failure("STORE_UNREACHABLE", "the answer was lost");
      return outcome;
    };
    const captured = captureProcess(machine, { ...store, put });
    // Of the last write, that the lease has ended, nothing depends.
    if (nth === counted.counts.put.calls) await captured;
    else await expect(captured).rejects.toMatchObject({ code: "STORE_UNREACHABLE" });
    const before = await pointsIn(store);
    // It may not know that it holds a lease, and then it cannot give it up.
    await afterTheLease(clock);
    const { point } = await captureProcess(machine, store);
    expect((await pointsIn(store)).map(({ id }) => id)).toEqual(
      expect.arrayContaining([...before.map(({ id }) => id), point.id]),
    );
    expect(Object.keys(await contentOf(store, point))).toEqual(["public.a"]);
  }
});

test("a capture whose store stays full does no harm to the points there are, and ends when there is space", async () => {
  const url = await freshDatabase(server);
  await query(url, "CREATE TABLE a AS SELECT n AS id FROM generate_series(1, 100) n");
  const clock = manualClock();
  const machine = { source: await postgresSource(url), clock };
  const store = memoryStore(clock);
  const { point } = await captureProcess(machine, store);
  const content = await contentOf(store, point);
  await query(url, "INSERT INTO a SELECT n FROM generate_series(101, 200) n");
  for (let space = 0; space < 5; space++) {
    let puts = 0;
    const small = {
      ...store,
      put: async (...args: Parameters<typeof store.put>) => {
        if (++puts > space) throw full();
        return store.put(...args);
      },
    };
    await expect(captureProcess(machine, small)).rejects.toMatchObject({ code: "STORE_FULL" });
    expect((await pointsIn(store)).map(({ id }) => id)).toEqual([point.id]);
    expect(await contentOf(store, point)).toEqual(content);
    // Not even that the lease is given up could be written: it ends by itself.
    await afterTheLease(clock);
  }
  const { point: next } = await captureProcess(machine, store);
  expect((await pointsIn(store)).map(({ id }) => id)).toEqual([point.id, next.id]);
});

// A mount of its own, which goes with its process. Where that is refused, the tests above stand for this one.
const inOwnMounts = (script: string) =>
  spawnSync("unshare", ["-m", "sh", "-euc", script], { encoding: "utf8", timeout: 120_000 });
const mountable = inOwnMounts("mount -t tmpfs none /mnt").status === 0 ? ["tmpfs"] : [];

test.each(mountable)(
  "a capture onto a full %s fails with STORE_FULL and its directory, and goes on when it has space",
  async (disk) => {
    const url = await freshDatabase(server);
    await query(
      url,
      `CREATE TABLE a AS SELECT n, md5(n::text) || md5((n + 1)::text) AS what FROM generate_series(1, 100000) n;
     CREATE TABLE b AS SELECT * FROM a`,
    );
    const place = placeIn(await temporary());
    const capture = `"${process.execPath}" "${PROGRAM}" capture --database ${url} --vault /mnt/vault --keys ${place.keys}`;
    const { status, stdout, stderr } = inOwnMounts(
      `mount -t ${disk} -o size=2m none /mnt
     ${capture} || status=$?
     mount -o remount,size=64m /mnt
     echo again >&2
     ${capture} >&2
     cp -r /mnt/vault "${place.vault}"
     exit $status`,
    );
    const [first = "", second = ""] = stderr.split("again\n");
    expectFailed(
      { status: status ?? -1, out: stdout, err: first },
      { code: "STORE_FULL", says: /^could not write chunks\/.* in \/mnt\/vault\/hot: ENOSPC$/ },
    );
    expect(second).toMatch(/point 20\d+T\d+Z-[0-9a-f]+ of test_\d+: 2 tables, 200,000 rows/);
    const verified = await lastgood(["verify", "--level", "read", ...place.args]);
    expect(verified.status, verified.out + verified.err).toBe(0);
  },
);
