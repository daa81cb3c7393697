import { removeParts } from "../../../lib/engine/expire-parts.ts";
import { listPoints } from "../../../lib/engine/points.ts";
import { memoryStore } from "../../../lib/local/memory-store.ts";
import { manualClock } from "../../faults/manual-clock.ts";
import { DAY_MS, dataClass, policyOf, term } from "../../policy/made-policy.ts";
import { freshDatabase, query, type TestServer } from "../../postgres.ts";
import { restoreVault } from "./restore-world.ts";

/** Tables whose rows leave by `at` after three days, by each type it may have and each kind of key; and one whose rows stay. */
const TABLES = `
CREATE TABLE instants (id integer PRIMARY KEY, at timestamptz, note text);
CREATE TABLE clocks (kind text, id bigint, at timestamp, PRIMARY KEY (kind, id));
CREATE TABLE days (id uuid PRIMARY KEY, at date, doc jsonb);
CREATE TABLE keyless (n integer, at timestamptz);
CREATE INDEX ON keyless (at DESC);
CREATE TABLE visits (at timestamptz NOT NULL, id integer NOT NULL, PRIMARY KEY (at, id)) PARTITION BY RANGE (at);
CREATE TABLE visits_early PARTITION OF visits FOR VALUES FROM (MINVALUE) TO ('2026-11-19 12:00Z');
CREATE TABLE visits_late PARTITION OF visits FOR VALUES FROM ('2026-11-19 12:00Z') TO (MAXVALUE);
CREATE TABLE odd (id integer PRIMARY KEY, at date, words tsquery);
CREATE TABLE plain (id integer PRIMARY KEY, at date);

INSERT INTO instants SELECT i, timestamptz '2026-11-16 23:00Z' + i * interval '10 minutes', 'n' || i FROM generate_series(1, 900) i;
INSERT INTO instants VALUES (5001, NULL, 'no day'), (5002, 'infinity', 'never'), (5003, '-infinity', 'always'), (5004, '2027-01-01Z', 'to come');
INSERT INTO clocks SELECT CASE i % 3 WHEN 0 THEN 'ü' WHEN 1 THEN '' ELSE 'B' END, i, timestamp '2026-11-17' + i * interval '10 minutes' FROM generate_series(1, 900) i;
INSERT INTO days SELECT md5(i::text)::uuid, date '2026-11-16' + i % 9, jsonb_build_object('i', i) FROM generate_series(1, 300) i;
INSERT INTO days VALUES (md5('none')::uuid, NULL, NULL);
INSERT INTO keyless SELECT i % 7, timestamptz '2026-11-16 23:00Z' + (i * 37 % 900) * interval '10 minutes' FROM generate_series(1, 900) i;
INSERT INTO keyless VALUES (1, NULL), (1, NULL), (2, 'infinity');
INSERT INTO visits SELECT timestamptz '2026-11-17Z' + i * interval '1 hour', i FROM generate_series(1, 200) i;
INSERT INTO odd SELECT i, date '2026-11-16' + i % 9, 'a & b' FROM generate_series(1, 50) i;
INSERT INTO plain SELECT i, '2001-01-01' FROM generate_series(1, 10) i;
`;

/** What changes in a day: rows are corrected, come, go, and move between days. */
const CHANGES = `
UPDATE instants SET note = 'm' WHERE id % 10 = 0;
UPDATE instants SET at = at + interval '1 day' WHERE id % 25 = 0;
UPDATE instants SET at = NULL WHERE id = 333; UPDATE instants SET at = '2026-11-20Z' WHERE id = 5001;
DELETE FROM instants WHERE id % 31 = 0; UPDATE instants SET id = 9000 + id WHERE id % 40 = 7;
DELETE FROM clocks WHERE id % 5 = 0; UPDATE clocks SET at = at - interval '2 days' WHERE id % 7 = 0;
UPDATE days SET at = date '2026-11-21' WHERE doc->>'i' LIKE '1%';
INSERT INTO keyless SELECT i, '2026-11-21 08:00Z' FROM generate_series(1, 30) i; DELETE FROM keyless WHERE n = 3;
UPDATE visits SET at = at + interval '1 day' WHERE id % 11 = 0; DELETE FROM visits WHERE id % 13 = 0;
DELETE FROM odd WHERE id % 4 = 0; DELETE FROM plain WHERE id = 3;
`;

const AGED = ["instants", "clocks", "days", "keyless", "visits", "odd"] as const;
export type AgedTable = (typeof AGED)[number] | "plain";
export const AGED_TABLES: readonly AgedTable[] = [...AGED, "plain"];

/** Two captures of a shop, a day apart: of 18 to 20 November in Copenhagen, and of 19 to 21. */
export const agedShop = async (server: TestServer) => {
  const original = await freshDatabase(server);
  await query(original, TABLES);
  const clock = manualClock(Date.parse("2026-11-20T10:00:00Z"));
  const made = await restoreVault(memoryStore(clock), clock);
  const policy = policyOf(
    [
      dataClass("raw", "P28D", { tables: ["*"], rowAge: { column: "at", max: term("P3D") } }),
      dataClass("plain", "P28D", { tables: ["public.plain"] }),
    ],
    { databases: [new URL(original).pathname.slice(1)], timeZone: "Europe/Copenhagen" },
  );
  await made.capture(original, policy);
  await clock.advance(DAY_MS);
  await query(original, CHANGES);
  await made.capture(original, policy);
  const quiet = { clock, progress: () => {}, warn: () => {}, signal: new AbortController().signal };
  return {
    ...made,
    original,
    /** Takes parts out of every point that has them. */
    async remove(...classes: string[]) {
      const points = await listPoints(made.hot);
      const leaving = points.map(({ id, parts }) => ({
        point: id,
        classes: classes.filter((name) => parts.some((part) => part.class === name)),
      }));
      await removeParts(
        { ...quiet, vault: made.vault },
        leaving.filter((one) => one.classes.length > 0),
      );
    },
  };
};

const MIDNIGHT = "AT TIME ZONE 'Europe/Copenhagen'";

/** A table's rows by SQL alone; without those of business days before a first one. */
export const rowsOf = async (url: string, table: AgedTable, options: { schema?: string; from?: string } = {}) => {
  const { schema = "public", from } = options;
  const isInstant = ["instants", "keyless", "visits"].includes(table);
  const first = isInstant ? `(timestamp '${from}' ${MIDNIGHT})` : `'${from}'`;
  const where = from === undefined || table === "plain" ? "" : `WHERE at >= ${first} OR at IS NULL`;
  return query(
    url,
    `SELECT count(*)::int AS n, md5(string_agg(x::text, '|' ORDER BY x::text)) AS rows FROM ${schema}.${table} x ${where}`,
  );
};
