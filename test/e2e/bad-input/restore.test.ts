import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { canonicalJson, plainJson } from "../../../lib/engine/canonical-json.ts";
import { sha256 } from "../../../lib/engine/document.ts";
import { removePoints } from "../../../lib/engine/expire.ts";
import { readPlan } from "../../../lib/engine/restore/restore-plan.ts";
import { openVault } from "../../../lib/operations/open-vault.ts";
import { openLocal } from "../../../lib/wiring/local.ts";
import { freshDatabase, query, testServer } from "../../postgres.ts";
import {
  type Expected,
  expectFailure,
  lastgood,
  type Place,
  photograph,
  placeIn,
  takePoint,
  temporary,
} from "./operator.ts";

const server = testServer(18);
let source = "";

beforeAll(async () => {
  source = await freshDatabase(server);
  await query(
    source,
    `CREATE TABLE orders AS SELECT n AS id, 'row-value-' || n AS what FROM generate_series(1, 500) n;
     ALTER TABLE orders ADD PRIMARY KEY (id);
     CREATE TABLE customers (id int PRIMARY KEY)`,
  );
});

interface Scene extends Place {
  readonly point: string;
  readonly plan: string;
}

const openScene = async (): Promise<Scene> => {
  const place = placeIn(await temporary());
  return { ...place, point: await takePoint(source, place), plan: join(place.directory, "plan.json") };
};

const planInto = (scene: Scene, target: string, ...more: readonly string[]) => [
  "restore",
  "plan",
  "latest",
  "--database",
  target,
  ...scene.args,
  ...more,
];

const makePlan = async (scene: Scene, target: string, ...more: readonly string[]): Promise<void> => {
  const { status, err } = await lastgood(planInto(scene, target, "--out", scene.plan, ...more));
  expect(status, err).toBe(0);
};

const apply = ({ plan, args }: Scene, target: string) => ["restore", "apply", plan, "--database", target, ...args];

/** What a target holds, as its own catalog says. */
const contentOf = (url: string) =>
  query(
    url,
    `SELECT n.nspname AS schema, c.relname AS name, c.reltuples, pg_relation_size(c.oid) AS bytes
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' ORDER BY 1, 2`,
  );

/** The command fails, and neither the vault nor the target is another than before. */
const expectRefused = async (scene: Scene, target: string, args: readonly string[], expected: Expected) => {
  const before = [await photograph(scene.directory), await contentOf(target)];
  await expectFailure(args, expected);
  expect([await photograph(scene.directory), await contentOf(target)]).toEqual(before);
};

test("a plan for a target that is not empty is refused with what is there, and nobody can apply it", async () => {
  const scene = await openScene();
  const target = await freshDatabase(server);
  await query(target, "CREATE TABLE mine (id int)");
  const planned = await lastgood(planInto(scene, target, "--out", scene.plan));
  expect(planned.status).toBe(4);
  expect(planned.out).toMatch(/refused +database test_\d+ has public\.mine already/);
  expect(planned.out).not.toContain("next:");
  await expectRefused(scene, target, apply(scene, target), {
    code: "TARGET_NOT_EMPTY",
    says: /^database test_\d+ has public\.mine already$/,
  });
  await expectRefused(scene, target, planInto(scene, target, "--out", scene.plan), {
    code: "OUTPUT_EXISTS",
    says: /plan\.json exists$/,
  });
});

test("fails on a plan with any byte changed, on half a plan, on another file and on none", async () => {
  const scene = await openScene();
  const target = await freshDatabase(server);
  await makePlan(scene, target);
  const text = await readFile(scene.plan, "utf8");
  const changed = [
    [text.replace('"rows": 500', '"rows": 501'), /^the plan was changed after it was made: its digest does not hold$/],
    [text.replace(/"expiresAt": (\d)/, (_, digit: string) => `"expiresAt": ${(Number(digit) % 9) + 1}`), /was changed/],
    [text.slice(0, text.length / 2), /^the plan cannot be read as JSON$/],
    [`{"kind": "restore plan", "format": 2}`, /^the plan has format 2, this Lastgood reads 1$/],
    ["[]", /^the file is not a restore plan$/],
    ["null", /^the file is not a restore plan$/],
    ["", /^the plan cannot be read as JSON$/],
  ] as const;
  for (const [bad, says] of changed) {
    expect(bad).not.toBe(text);
    await writeFile(scene.plan, bad);
    await expectRefused(scene, target, apply(scene, target), { code: "PLAN_INVALID", says });
  }
  await expectRefused(scene, target, apply({ ...scene, plan: join(scene.directory, "no.json") }, target), {
    code: "PLAN_INVALID",
    says: /^plan .*no\.json cannot be read$/,
    hint: /^hint: lastgood restore plan .*writes one/,
  });
});

test("fails on a plan that is too old, for another database, of a target that changed, or for another vault", async () => {
  const scene = await openScene();
  const [target, another] = [await freshDatabase(server), await freshDatabase(server)];
  await makePlan(scene, target);
  const stale = { code: "PLAN_STALE" } as const;
  await expectRefused(scene, another, apply(scene, another), { ...stale, says: /this has moved: target$/ });

  const other = await openScene();
  await expectRefused(scene, target, apply({ ...other, plan: scene.plan }, target), {
    ...stale,
    says: /^the plan is for vault [0-9a-f]+, this is [0-9a-f]+$/,
  });

  // A day passes: the plan is one that was made a day and a second ago.
  const { sha256: _, ...content } = readPlan(await readFile(scene.plan, "utf8"));
  const day = 86_401_000;
  const old = { ...content, madeAt: content.madeAt - day, expiresAt: content.expiresAt - day };
  const text = await readFile(scene.plan, "utf8");
  await writeFile(scene.plan, JSON.stringify({ ...old, sha256: sha256(canonicalJson(plainJson(old))) }));
  await expectRefused(scene, target, apply(scene, target), { ...stale, says: /^the plan expired at 20\d\d-/ });
  await writeFile(scene.plan, text);

  await query(target, "CREATE TABLE came_later (id int)");
  await expectRefused(scene, target, apply(scene, target), {
    ...stale,
    says: /this has moved: refusals \(now: database test_\d+ has public\.came_later already\)$/,
    hint: /make a new plan$/,
  });
  await query(target, "DROP TABLE came_later");
  expect((await lastgood(apply(scene, target))).status).toBe(0);
});

test("fails on a plan whose point has been folded since, or is gone; a new plan is good again", async () => {
  const database = await freshDatabase(server);
  await query(
    database,
    `CREATE TABLE orders AS SELECT n AS id, 'row-value-' || n AS what FROM generate_series(1, 500) n;
     ALTER TABLE orders ADD PRIMARY KEY (id)`,
  );
  const place = placeIn(await temporary());
  const first = await takePoint(database, place);
  await query(database, "UPDATE orders SET what = 'changed' WHERE id < 20");
  const scene = { ...place, point: await takePoint(database, place), plan: join(place.directory, "plan.json") };
  const target = await freshDatabase(server);
  await makePlan(scene, target);
  const old = join(scene.directory, "old.json");
  await lastgood(planInto(scene, target, "--out", old).map((word) => (word === "latest" ? first : word)));

  const local = await openLocal({ vault: place.vault, keys: place.keys, passphrase: undefined }, "open");
  const quiet = { clock: local.clock, progress: () => {}, warn: () => {}, signal: new AbortController().signal };
  const { fold } = await removePoints({ ...quiet, vault: await openVault(local) }, [first]);
  expect(fold.pointsRewritten).toBe(1);

  await expectRefused(scene, target, apply(scene, target), { code: "PLAN_STALE", says: /this has moved: point/ });
  await expectRefused(scene, target, apply({ ...scene, plan: old }, target), {
    code: "PLAN_STALE",
    says: new RegExp(`point ${first}`),
  });
  const again = { ...scene, plan: join(scene.directory, "again.json") };
  await makePlan(again, target);
  expect((await lastgood(apply(again, target))).status).toBe(0);
  expect(await query(target, "SELECT count(*)::int AS changed FROM orders WHERE what = 'changed'")).toEqual([
    { changed: 19 },
  ]);
});

test("fails on an unknown point, one that two fit, an unknown table and an unknown schema", async () => {
  const scene = await openScene();
  await takePoint(source, scene);
  const target = await freshDatabase(server);
  const wanting = (point: string, ...more: readonly string[]) =>
    planInto(scene, target, ...more).map((word) => (word === "latest" ? point : word));
  const readers = (point: string) => [
    wanting(point),
    ["point", "show", point, ...scene.args],
    ["point", "diff", point, "latest", ...scene.args],
    ["restore", "apply", point, "--to", "sql", ...scene.args],
  ];
  for (const args of readers("1999"))
    await expectRefused(scene, target, args, { code: "POINT_NOT_FOUND", says: /^no point fits "1999"$/ });
  for (const args of readers("20"))
    await expectRefused(scene, target, args, {
      code: "POINT_NOT_FOUND",
      says: /^2 points fit "20"$/,
      hint: /^hint: give more of the point's id$/,
    });
  for (const [flag, name] of [
    ["--table", "public.nothing"],
    ["--table", "orders"],
    ["--schema", "nowhere"],
  ] as const)
    for (const args of [
      wanting("latest", flag, name),
      ["restore", "apply", "latest", "--to", "sql", flag, name, ...scene.args],
    ])
      await expectRefused(scene, target, args, { code: "TABLE_NOT_FOUND", says: new RegExp(`${name}`) });
  const empty = placeIn(await temporary());
  await expectFailure(["point", "show", "latest", ...empty.args], {
    code: "VAULT_NOT_FOUND",
    says: /there is no vault/,
  });
});

test("fails without the right to create in the target, and leaves it as it was", async () => {
  const scene = await openScene();
  const target = await freshDatabase(server);
  await query(target, "DO $$ BEGIN CREATE ROLE weak LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$");
  const weak = target.replace("postgres@", "weak@");
  await makePlan(scene, weak, "--into-schema", "rescue").catch(() => undefined);
  await expectRefused(scene, target, apply(scene, weak), {
    code: "DATABASE_FORBIDDEN",
    says: /weak|permission denied|may not create/,
    hint: /^hint: /,
  });
});

test("a dump onto a file that is there, into no directory or into a directory fails; the file stays", async () => {
  const scene = await openScene();
  const target = source;
  const mine = join(scene.directory, "mine.sql");
  await writeFile(mine, "mine");
  const to = (out: string) => ["restore", "apply", "latest", "--to", "sql", "--out", out, ...scene.args];
  await expectRefused(scene, target, to(mine), { code: "OUTPUT_EXISTS", says: /mine\.sql exists$/ });
  await expectRefused(scene, target, to(join(scene.directory, "no", "o.sql")), {
    code: "OUTPUT_UNWRITABLE",
    says: /^could not write .*\/no\/o\.sql: ENOENT$/,
  });
  await expectRefused(scene, target, to(scene.vault), { code: "OUTPUT_EXISTS", says: /vault exists$/ });
});
