import { expect, test } from "vitest";
import { canonicalJson, plainJson } from "../../../lib/engine/canonical-json.ts";
import { type RestorePlan, readPlan } from "../../../lib/engine/restore/restore-plan.ts";
import { freshDatabase, query, testServer } from "../../postgres.ts";
import { restoreVault, targetWith } from "./restore-world.ts";

const server = testServer(18);

const captured = async (sql: string) => {
  const original = await freshDatabase(server);
  await query(original, sql);
  const vault = await restoreVault();
  await vault.capture(original);
  return { ...vault, original };
};

const ONE = "CREATE TABLE one (id integer PRIMARY KEY); INSERT INTO one SELECT generate_series(1, 10)";

test.each([
  ["a table", "CREATE TABLE public.other (n integer)", "public.other"],
  ["a type", "CREATE TYPE public.colour AS ENUM ('red')", "public.colour"],
  ["a function", "CREATE FUNCTION public.f() RETURNS integer LANGUAGE sql AS 'SELECT 1'", "public.f"],
])("fails when the target has %s already, and changes nothing", async (_, sql, name) => {
  const vault = await captured(ONE);
  const copy = await freshDatabase(server);
  await query(copy, sql);
  const plan = await vault.plan(copy);
  expect(plan.refusals).toEqual([{ code: "TARGET_NOT_EMPTY", message: expect.stringContaining(name) as string }]);
  await expect(vault.apply(copy, plan)).rejects.toMatchObject({ code: "TARGET_NOT_EMPTY" });
  expect(await query(copy, "SELECT to_regclass('public.one') AS one")).toEqual([{ one: null }]);
});

test("fails when the target has changed since the plan was made", async () => {
  const vault = await captured(ONE);
  const copy = await freshDatabase(server);
  const plan = await vault.plan(copy);
  await query(copy, "CREATE TABLE public.other (n integer)");
  await expect(vault.apply(copy, plan)).rejects.toMatchObject({ code: "PLAN_STALE", facts: { moved: "refusals" } });
});

test("fails when a plan is applied twice, and asks whether it was", async () => {
  const vault = await captured(ONE);
  const copy = await freshDatabase(server);
  const whole = await vault.plan(copy);
  await vault.apply(copy, whole);
  const applied = { code: "PLAN_STALE", hint: expect.stringContaining("was the plan applied already?") as string };
  await expect(vault.apply(copy, whole)).rejects.toMatchObject(applied);
  const beside = await vault.plan(copy, { schemas: [], tables: [], intoSchema: "rescue" });
  await vault.apply(copy, beside);
  await expect(vault.apply(copy, beside)).rejects.toMatchObject(applied);
});

test("fails when the plan is for another database", async () => {
  const vault = await captured(ONE);
  const plan = await vault.plan(await freshDatabase(server));
  const applied = vault.apply(await freshDatabase(server), plan);
  await expect(applied).rejects.toMatchObject({ code: "PLAN_STALE", facts: { moved: "target" } });
});

test("fails when the plan is for another vault", async () => {
  const vault = await captured(ONE);
  const copy = await freshDatabase(server);
  const plan = await vault.plan(copy);
  await expect((await captured(ONE)).apply(copy, plan)).rejects.toMatchObject({ code: "PLAN_STALE" });
});

test("fails when a plan has expired", async () => {
  const vault = await captured(ONE);
  const copy = await freshDatabase(server);
  const day = 24 * 60 * 60 * 1000;
  const plan = await vault.plan(copy, undefined, -day);
  await expect(vault.apply(copy, plan)).rejects.toMatchObject({
    code: "PLAN_STALE",
    message: expect.stringContaining("the plan expired at") as string,
  });
});

test("fails when a plan was changed by hand", async () => {
  const vault = await captured(ONE);
  const copy = await freshDatabase(server);
  const plan = await vault.plan(copy);
  const changed: RestorePlan = { ...plan, refusals: [], rows: plan.rows + 1 };
  await expect(vault.apply(copy, changed)).rejects.toMatchObject({ code: "PLAN_INVALID" });
  expect(() => readPlan("{}")).toThrow("the file is not a restore plan");
  expect(() => readPlan("null")).toThrow("the file is not a restore plan");
  expect(() => readPlan("not JSON")).toThrow("cannot be read as JSON");
});

test("a plan survives its file, whatever order its fields are written in", async () => {
  const vault = await captured(ONE);
  const copy = await freshDatabase(server);
  const plan = await vault.plan(copy);
  expect(readPlan(JSON.stringify(plan, null, 2))).toEqual(plan);
  await vault.apply(copy, readPlan(canonicalJson(plainJson(plan))));
  expect(await query(copy, "SELECT count(*)::int AS n FROM one")).toEqual([{ n: 10 }]);
});

test("fails when an index cannot be built, and says which", async () => {
  const vault = await captured(
    `${ONE}; CREATE FUNCTION public.checked(n integer) RETURNS integer IMMUTABLE LANGUAGE plpgsql AS
       $$ BEGIN IF current_setting('shop.broken', true) = 'on' THEN RAISE 'no'; END IF; RETURN n; END $$;
     CREATE INDEX one_checked ON one (public.checked(id))`,
  );
  const copy = await freshDatabase(server);
  const name = new URL(copy).pathname.slice(1);
  await query(copy, `ALTER DATABASE ${name} SET shop.broken = 'on'`);
  await expect(vault.restore(copy)).rejects.toMatchObject({
    code: "DATABASE_ERROR",
    message: expect.stringMatching(
      /making index public\.one_checked: .*; database \w+ is not restored: 1 of 1 tables hold all their rows \(public\.one\)$/,
    ) as string,
    hint: expect.stringContaining(`drop database ${name}`) as string,
  });
});

test("fails when one table cannot be loaded: the others stop, and the message says which are complete", async () => {
  const vault = await captured(
    `${ONE}; CREATE TABLE big (id integer PRIMARY KEY, t text);
     INSERT INTO big SELECT i, repeat('x', 1000) FROM generate_series(1, 3000) i`,
  );
  const copy = await freshDatabase(server);
  const target = targetWith(copy, (session) => ({
    load: (table, frames, options) =>
      table.name === "big"
        ? session.load({ ...table, name: "gone" }, frames, options)
        : session.load(table, frames, options),
  }));
  await expect(vault.restore(copy, undefined, { target, lanes: 1 })).rejects.toMatchObject({
    code: "DATABASE_ERROR",
    message: expect.stringContaining("0 of 2 tables hold all their rows") as string,
  });
});

test("fails in its first transaction when a statement cannot be run, and leaves the target as it was", async () => {
  const vault = await captured(`CREATE SCHEMA a; CREATE TABLE a.one (id integer); ${ONE}`);
  const copy = await freshDatabase(server);
  const target = targetWith(copy, (session) => ({
    run: (sql, doing) => session.run(sql.startsWith("CREATE TABLE public") ? "SELECT no_such_thing" : sql, doing),
  }));
  await expect(vault.restore(copy, undefined, { target })).rejects.toMatchObject({
    message: expect.stringMatching(/making table public\.one: .*; nothing was changed in the target$/) as string,
  });
  expect(await query(copy, "SELECT to_regnamespace('a') AS a")).toEqual([{ a: null }]);
});

test("fails with the signal's reason when it is stopped in the middle of a load", async () => {
  const vault = await captured(
    `CREATE TABLE big (id integer PRIMARY KEY, t text); INSERT INTO big SELECT i, repeat(md5(i::text), 30) FROM generate_series(1, 5000) i`,
  );
  const stop = new AbortController();
  const reason = new Error("stopped");
  const progress = ({ phase, rowsDone }: { readonly phase: string; readonly rowsDone: number }) => {
    if (phase === "loading rows" && rowsDone > 0) stop.abort(reason);
  };
  const copy = await freshDatabase(server);
  await expect(vault.restore(copy, undefined, { signal: stop.signal, progress })).rejects.toBe(reason);
  expect(await query(copy, "SELECT count(*)::int AS n FROM big")).toEqual([{ n: 0 }]);
});

test("a role that the target lacks is passed over and named", async () => {
  const original = await freshDatabase(server);
  await query(original, `CREATE ROLE reader; ${ONE}; GRANT SELECT ON one TO reader; GRANT SELECT ON one TO pg_monitor`);
  const vault = await restoreVault();
  await vault.capture(original);
  await query(original, "REVOKE ALL ON one FROM reader; DROP ROLE reader");
  const copy = await freshDatabase(server);
  const plan = await vault.plan(copy);
  expect(plan.notices).toContain(
    "roles that the target lacks: reader; grants and policies for them are passed over: 1",
  );
  await vault.apply(copy, plan);
  expect(await query(copy, "SELECT has_table_privilege('pg_monitor', 'one', 'SELECT') AS may")).toEqual([
    { may: true },
  ]);
});
