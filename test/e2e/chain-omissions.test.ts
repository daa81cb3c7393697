import { expect, test } from "vitest";
import { isFailure } from "../../lib/model/errors.ts";
import { freshDatabase, testServer } from "../postgres.ts";
import { expectExactly, howTaken, run, takeExactly } from "./chain/expect-point.ts";
import { type Fate, lyingReader, type Where } from "./chain/lying-reader.ts";
import { openSubject } from "./chain/subject.ts";

const server = testServer(18);

/** More keys than one read of a socket brings, so that a reader who leaves early would be found out. */
const SET_UP = [
  "CREATE TABLE t (id bigint PRIMARY KEY, v text)",
  "INSERT INTO t SELECT i, 'row ' || i FROM generate_series(1, 30000) i",
];
const CHANGE = [
  "UPDATE t SET v = v || '!' WHERE id % 100 = 0",
  "DELETE FROM t WHERE id % 1000 = 1",
  "INSERT INTO t SELECT i, 'new' FROM generate_series(40001, 40100) i",
];

const captured = async () => {
  const url = await freshDatabase(server);
  const subject = await openSubject();
  await run(url, ...SET_UP);
  const first = await takeExactly(subject, url);
  await run(url, ...CHANGE);
  return { url, subject, first };
};

const lies: readonly (readonly [Fate, Where, number, RegExp])[] = [
  ["lost", "changed rows", 0, /the server counts 400 changed rows, 399 arrived/],
  ["lost", "changed rows", 250, /the server counts 400 changed rows, 399 arrived/],
  ["lost", "changed rows", 399, /the server counts 400 changed rows, 399 arrived/],
  ["lost", "keys", 0, /the server counts 30070 keys, 30069 arrived/],
  ["lost", "keys", 20_000, /the server counts 30070 keys, 30069 arrived/],
  ["lost", "keys", 30_069, /the server counts 30070 keys, 30069 arrived/],
  ["twice", "keys", 20_000, /1 live keys are neither|the server counts 30070 keys, 30071 arrived/],
];

test.each(lies)(
  "one frame %s among the %s (%i) breaks the chain: a base is taken, and it is exact",
  async (fate, where, at, why) => {
    const { url, subject } = await captured();
    const told = { times: 0 };
    const second = await takeExactly(subject, url, {
      reader: lyingReader({ table: "t", where, fate, at }, told),
      lanes: 1,
    });
    expect(told.times).toBe(1);
    expect(howTaken(second, "t")).toMatch(why);
    expect(second.warnings).toEqual([expect.stringMatching(why)]);
  },
);

test.each(["changed rows", "base rows"] as const)(
  "fails when a row comes twice among the %s, and leaves no point",
  async (where) => {
    const { url, subject, first } = await captured();
    const told = { times: 0 };
    const reader = lyingReader({ table: "t", where, fate: "twice", at: 100 }, told);
    const error = await subject.take(url, { reader, base: where === "base rows" }).catch((thrown: unknown) => thrown);
    expect(isFailure(error, "DATABASE_ERROR") && error.message).toMatch(/public\.t do not come in rising order/);
    expect(told.times).toBe(1);
    await expectExactly(subject, url, first);
    expect(howTaken(await takeExactly(subject, url), "t")).toBe("delta");
  },
);

test("a row lost from a base is missed by the next capture, which takes a new base and says why", async () => {
  const url = await freshDatabase(server);
  const subject = await openSubject();
  await run(url, ...SET_UP);
  const told = { times: 0 };
  await subject.take(url, { reader: lyingReader({ table: "t", where: "base rows", fate: "lost", at: 77 }, told) });
  expect(told.times).toBe(1);
  const second = await takeExactly(subject, url);
  expect(howTaken(second, "t")).toBe("1 live keys are neither in the layers nor among the changed rows");
});

test("keys that differ in their upper half only, or have both halves exchanged, are told apart", async () => {
  const url = await freshDatabase(server);
  const subject = await openSubject();
  await run(
    url,
    "CREATE TABLE t (id bigint PRIMARY KEY, v text)",
    "INSERT INTO t VALUES (1, 'a'), (21474836487, 'b'), (-1, 'c')",
  );
  await takeExactly(subject, url);
  // hashint8 gives 2^32 the hash of 1, 7 * 2^32 + 5 that of 5 * 2^32 + 7, and 2^32 - 1 that of -1.
  await run(url, "UPDATE t SET id = 4294967296 WHERE id = 1", "UPDATE t SET id = 30064771077 WHERE id = 21474836487");
  await run(url, "UPDATE t SET id = 4294967295 WHERE id = -1");
  const second = await takeExactly(subject, url);
  expect(howTaken(second, "t")).toBe("delta");
  expect(second.report.tables[0]).toMatchObject({ changedRows: 3, goneRows: 3 });
});
