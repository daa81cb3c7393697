import { expect, test } from "vitest";
import type { SourceReader } from "../../lib/ports/source-database.ts";
import { freshDatabase, testServer } from "../postgres.ts";
import { expectExactly, howTaken, run, takeExactly } from "./chain/expect-point.ts";
import { openSubject } from "./chain/subject.ts";

const server = testServer(18);

const SET_UP = [
  "CREATE TYPE mood AS ENUM ('glad', 'sad')",
  "CREATE TABLE t (id int PRIMARY KEY, v text, m mood)",
  "INSERT INTO t SELECT i, 'row ' || i, 'glad' FROM generate_series(1, 200) i",
];

const REFILL = "INSERT INTO t SELECT i, 'other ' || i, 'sad' FROM generate_series(1, 200) i";

const MOVES: readonly (readonly [string, string])[] = [
  ["truncates the table", "TRUNCATE t"],
  ["truncates and refills it", `BEGIN; TRUNCATE t; ${REFILL}; COMMIT`],
  ["rewrites it", "ALTER TABLE t ALTER COLUMN id TYPE bigint"],
  ["drops it", "DROP TABLE t"],
  ["drops a column", "ALTER TABLE t DROP COLUMN v"],
  ["renames a label that rows show", "ALTER TYPE mood RENAME VALUE 'glad' TO 'merry'"],
  [
    "puts another table in its place",
    "BEGIN; ALTER TABLE t RENAME TO old; CREATE TABLE t (LIKE old INCLUDING ALL); INSERT INTO t VALUES (1, 'false', 'sad'); COMMIT",
  ],
];

/** Which calls of the reader come before the move: none, or the first look whether anything has moved. */
const MOMENTS = ["before the first look", "between the look and the read"] as const;

/** Runs the move once, at the moment, while the snapshot is already taken. */
const moving =
  (url: string, move: string, moment: (typeof MOMENTS)[number], moved: { times: number }) =>
  (reader: SourceReader): SourceReader => {
    const moveOnce = async (): Promise<void> => {
      if (moved.times > 0) return;
      moved.times += 1;
      await run(url, move);
    };
    return {
      moved: async (tables) => {
        if (moment === "before the first look") await moveOnce();
        return reader.moved(tables);
      },
      async digests(query) {
        await moveOnce();
        return reader.digests(query);
      },
      async *rows(query) {
        await moveOnce();
        yield* reader.rows(query);
      },
      keys: (query) => reader.keys(query),
      [Symbol.asyncDispose]: () => reader[Symbol.asyncDispose](),
    };
  };

const cases = MOVES.flatMap(([what, move]) =>
  MOMENTS.flatMap((moment) => (["a base", "a delta"] as const).map((kind) => [what, moment, kind, move] as const)),
);

test.each(cases)(
  "a migration that %s %s of %s is seen, and the point is taken again",
  async (_, moment, kind, move) => {
    const url = await freshDatabase(server);
    const subject = await openSubject();
    await run(url, ...SET_UP);
    const first = kind === "a delta" ? await takeExactly(subject, url) : undefined;
    await run(url, "UPDATE t SET v = 'changed' WHERE id < 9; DELETE FROM t WHERE id = 77");
    const moved = { times: 0 };
    const point = await takeExactly(subject, url, { lanes: 1, reader: moving(url, move, moment, moved) });
    expect(moved.times).toBe(1);
    expect(point.retakes).toBe(1);
    if (first !== undefined) await expectExactly(subject, url, first);
    expect(howTaken(await takeExactly(subject, url), "t")).toBe(move === "DROP TABLE t" ? undefined : "delta");
  },
);
