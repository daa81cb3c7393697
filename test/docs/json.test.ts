import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { COMMANDS } from "../../bin/commands.ts";
import { main } from "../../bin/program.ts";
import { fakeContext } from "../bin/fake-context.ts";
import { freshDatabase, query, testServer } from "../postgres.ts";
import { covers, documentedFields, pathsOf } from "./json-page.ts";
import { blocksOf } from "./page.ts";
import { guidePages, readPage } from "./pages.ts";

const server = testServer(18);
const directory = mkdtempSync(join(tmpdir(), "lastgood-json-"));
afterAll(() => rmSync(directory, { recursive: true }));

/** Every path that was printed, by schema. */
const printed = new Map<string, Set<string>>();

const keep = (text: string): void => {
  const { schema, ...fields } = JSON.parse(text) as { schema: string };
  const paths = printed.get(schema) ?? new Set();
  for (const path of pathsOf(fields)) paths.add(path);
  printed.set(schema, paths);
};

beforeAll(async () => {
  const shop = await freshDatabase(server);
  const copy = await freshDatabase(server);
  const [sql] = blocksOf(guidePages()[0]?.text ?? "").filter((block) => block.language === "sql");
  await query(shop, sql?.text ?? "");
  await query(shop, "CREATE TABLE drafts (id integer PRIMARY KEY); SELECT lo_create(0)");
  const env = {
    LASTGOOD_DATABASE: shop,
    LASTGOOD_VAULT: join(directory, "vault"),
    LASTGOOD_KEYS: join(directory, "keys.json"),
    SHOP_URL: shop,
  };
  const run = (...args: string[]): Promise<string> => runAs("somebody", ...args);
  const runAs = async (actor: string, ...args: string[]): Promise<string> => {
    const context = fakeContext({ env: { ...env, LASTGOOD_ACTOR: actor } });
    await main([...args, "--json"], context, COMMANDS);
    for (const line of [...context.out().split("\n"), ...context.err().split("\n")]) if (line !== "") keep(line);
    return context.out();
  };
  const file = (name: string): string => join(directory, name);
  // A transaction that stays open makes the point name it as in progress.
  const open = new pg.Client({ connectionString: shop });
  await open.connect();
  await open.query("BEGIN; SELECT pg_current_xact_id(); SELECT 1");
  await query(shop, "SELECT pg_current_xact_id()");
  await run("capture", "--tier", "release", "--release", "1", "--commit", "4f2c1d9", "--label", "before");
  await open.end();
  await query(
    shop,
    `ALTER TABLE customers ADD COLUMN phone text, ADD COLUMN fax text; ALTER TABLE page_views RENAME COLUMN path TO place;
     DROP TABLE drafts; CREATE TABLE notes (id integer PRIMARY KEY); DELETE FROM page_views WHERE seen_at < '2026-11-01 08:10Z';
     UPDATE orders SET total = 0 WHERE id % 40 = 0; DELETE FROM orders WHERE id = 7;
     INSERT INTO orders (customer_id, total, placed_at) VALUES (3, 12.50, now());`,
  );
  await run("capture");
  await run("release", "open", "2", "--commit", "4f2c1d9");
  await query(shop, "ALTER TABLE customers DROP COLUMN fax, ALTER COLUMN phone TYPE varchar(20)");
  await run("doctor");
  await run("point", "list");
  await run("point", "show", "1");
  await run("point", "show", "none");
  await run("point", "diff", "1", "latest");
  await run("point", "diff", "latest", "--live");
  await run("restore", "plan", "1");
  await run("restore", "plan", "1", "--table", "public.orders", "--into-schema", "rescue");
  await run("restore", "plan", "1", "--schema", "public", "--database", copy, "--out", file("plan.json"));
  await run("restore", "apply", file("plan.json"), "--database", copy);
  await run("restore", "apply", "1", "--to", "sql", "--out", file("shop.sql"));
  await run("verify", "1", "--level", "restore", "--scratch", await freshDatabase(server));
  await run("sweep", "--dry-run");
  const [policy] = blocksOf(readPage("docs/guide/policy.md").text).filter((block) => block.language.startsWith("yaml"));
  const database = `{ name: ${new URL(shop).pathname.slice(1)}, urlFrom: SHOP_URL }`;
  writeFileSync(file("lastgood.yaml"), policy?.text.replace("[shop]", `[${database}]`) ?? "");
  writeFileSync(file("wrong.yaml"), "version: 2");
  await run("policy", "check", file("wrong.yaml"));
  await run("policy", "check", file("lastgood.yaml"));
  await run("policy", "explain", file("lastgood.yaml"), "--vault", join(directory, "vault"));
  const rowAge = "rowAge: { column: seen_at, max: P14D }";
  const aged = readFileSync(file("lastgood.yaml"), "utf8").replace("max: P28D", `max: P28D\n    ${rowAge}`);
  writeFileSync(file("aged.yaml"), aged);
  await run("policy", "explain", file("aged.yaml"));
  await run("expire", "plan", file("aged.yaml"), "--out", file("aged.json"));
  // Two hours before it must be gone a part is due: of a term of two hours that is at once.
  const short = readFileSync(file("lastgood.yaml"), "utf8")
    .replace("max: P14D", "max: PT2H")
    .replace("purpose: bookkeeping", `purpose: bookkeeping\n    role: ${new URL(shop).username}`);
  writeFileSync(file("short.yaml"), `${short}\nnotify: { webhookFrom: SHOP_ALARMS }\n`);
  const second = ["--vault", join(directory, "second")];
  await run("capture", ...second);
  await run("capture", ...second, "--policy", file("short.yaml"));
  await runArchives(run, file, second);
  await run("expire", "plan", file("short.yaml"), ...second, "--out", file("expiry.json"));
  await run("expire", "apply", file("expiry.json"), ...second);
  await run("point", "show", "latest", ...second);
  await run("point", "list", ...second);
  await run("point", "diff", "latest", "latest", ...second);
  await run("restore", "plan", "latest", ...second);
  await run("capture", ...second, "--policy", file("short.yaml"));
  await run("verify", "--level", "read", ...second);
  const third = ["--vault", file("third")];
  await run("capture", ...third, "--policy", file("short.yaml"));
  writeFileSync(file("third/hot/dump.sql"), "whose is this?");
  await run("expire", "run", "--dry-run", "--policy", file("short.yaml"), ...second);
  await runHolds((actor, ...args) => runAs(actor, ...args, ...third), file);
  await run("evidence", "sign", "--out", file("head.json"));
  await run("sweep");
  await run("evidence", "sign");
  await run("evidence", "list", "--from", "2026-01-01");
  await run("evidence", "prove", "1", "--out", file("proof.json"));
  const { publicKey } = JSON.parse(await run("evidence", "key")) as { publicKey: string };
  writeFileSync(file("public.pem"), publicKey);
  const key = ["--public-key", file("public.pem")];
  await runAged(run, file, shop, database);
  const evidence = join(directory, "vault/evidence");
  await run("evidence", "verify", evidence, ...key, "--head", file("head.json"), "--proof", file("proof.json"));
  await run("evidence", "verify", join(directory, "second/evidence"), ...key);
  // A cycle of a day: everything is read, it is known since when, and there is a drill each day.
  const daily = readFileSync(file("lastgood.yaml"), "utf8").replaceAll("P7D", "P1D");
  writeFileSync(file("daily.yaml"), daily);
  await run("status", "--policy", file("daily.yaml"), ...second);
  await run("verify", "--policy", file("daily.yaml"), "--no-drill", ...second);
  await run("verify", "--policy", file("daily.yaml"), "--scratch", await freshDatabase(server));
  // A chunk that is gone, so that there is a problem to report and an object to name.
  const chunks = join(directory, "vault/hot/chunks");
  const [chunk = ""] = readdirSync(chunks, { recursive: true, encoding: "utf8" }).filter((name) => name.includes("."));
  rmSync(join(chunks, chunk));
  await run("verify", "--level", "read");
  await run("verify", "--policy", file("daily.yaml"), "--no-drill");
  await run("evidence", "sign");
  await run("status", "--policy", file("daily.yaml"));
  for (const point of ["1", "latest"])
    await run("restore", "apply", point, "--to", "sql", "--out", file(`damaged-${point}.sql`));
  await run(
    "report",
    "--from",
    "2026-01-01",
    "--to",
    "2100-01-01",
    "--policy",
    file("lastgood.yaml"),
    "--out",
    file("report"),
  );
}, 120_000);

/** Rows that leave by their age, in a vault of their own: two days of them, of which one leaves the first point. */
const runAged = async (
  run: (...args: string[]) => Promise<string>,
  file: (name: string) => string,
  shop: string,
  database: string,
): Promise<void> => {
  const aged = blocksOf(readPage("docs/guide/policy.md").text).find(({ language }) => language === "yaml aged.yaml");
  writeFileSync(file("aged.yaml"), aged?.text.replace("[shop]", `[${database}]`) ?? "");
  await query(shop, "INSERT INTO page_views VALUES ('/', now()), ('/', now() - interval '2 days')");
  const capture = ["capture", "--vault", file("aged"), "--policy", file("aged.yaml")];
  const { point } = JSON.parse(await run(...capture)) as { point: { id: string } };
  await run(...capture);
  await run("point", "list", "--vault", file("aged"));
  await run("point", "show", "latest", "--vault", file("aged"));
  await run("restore", "plan", "latest", "--vault", file("aged"));
  const keys = join(file("aged/keys/parts"), point.id);
  const [key = ""] = readdirSync(keys).filter((name) => name.startsWith("clicks_"));
  rmSync(join(keys, key));
  await run("point", "diff", point.id, "latest", "--vault", file("aged"));
};

/** Archives of the second vault: one that fails, one that is made, and one that was damaged since. */
const runArchives = async (
  run: (...args: string[]) => Promise<unknown>,
  file: (name: string) => string,
  second: readonly string[],
): Promise<void> => {
  const create = ["archive", "create", "--policy", file("short.yaml"), ...second];
  await run(...create, "--dry-run");
  const chunks = file("second/hot/chunks/financial");
  renameSync(chunks, file("chunks"));
  await run(...create);
  renameSync(file("chunks"), chunks);
  await run(...create);
  await run("archive", "list", ...second);
  const archives = file("second/archive/archives");
  const [document = "", pack = ""] = ["part.json", "000001"].map((last) =>
    readdirSync(archives, { recursive: true, encoding: "utf8" }).find((name) => name.endsWith(last)),
  );
  const [database = "", day = ""] = document.split("/");
  const id = `${database.replaceAll("_5f", "_")}/${day}`;
  await run("archive", "verify", id, ...second);
  await run("archive", "verify", id, "--level", "restore", "--scratch", await freshDatabase(server), ...second);
  await run("archive", "restore", id, "--out", file("archive.sql"), ...second);
  await run("archive", "key", id, "--class", "financial", "--out", file("data.key"), ...second);
  rmSync(join(archives, pack));
  await run("archive", "verify", "--all", ...second);
  const damaged = readFileSync(join(archives, document), "utf8").replace('"rows":', '"rowz":');
  rmSync(join(archives, document));
  writeFileSync(join(archives, document), damaged);
  writeFileSync(file("second/archive/notes.txt"), "whose is this?");
  await run("archive", "list", ...second);
};

/** Holds on a part that is due: one that keeps it until two people release it, and one that comes too late. */
const runHolds = async (
  runAs: (actor: string, ...args: string[]) => Promise<string>,
  file: (name: string) => string,
): Promise<void> => {
  const policy = ["--policy", file("short.yaml")];
  const reviewAt = new Date(Date.now() + 24 * 3_600_000).toISOString();
  const about = ["--basis", "Art. 17(3)(e) GDPR", "--matter", "case 7", "--review-at", reviewAt];
  const add = async (): Promise<string> => {
    const text = await runAs("counsel", "hold", "add", "--point", "latest", "--class", "personal", ...about, ...policy);
    return (JSON.parse(text) as { hold: { id: string } }).hold.id;
  };
  const held = await add();
  await runAs("data-protection", "hold", "approve", held, ...policy);
  await runAs("worker", "expire", "plan", file("short.yaml"), "--out", file("held.json"));
  await runAs("worker", "expire", "apply", file("held.json"));
  await runAs("worker", "expire", "run", "--dry-run", ...policy);
  await runAs("worker", "expire", "run", ...policy);
  await runAs("counsel", "hold", "release", held, "--reason", "the case is closed", ...policy);
  await runAs("data-protection", "hold", "approve", held, "--release", ...policy);
  const late = await add();
  await runAs("worker", "expire", "run", ...policy);
  await runAs("data-protection", "hold", "approve", late, ...policy);
  await runAs("counsel", "hold", "list");
};

/** Documented fields that these commands cannot make appear, each with its reason. */
const NOT_SEEN: ReadonlyMap<string, string> = new Map([
  ...["id", "arn", "takenAt", "expiresAt"].map(
    (field) => [`lastgood.release.open/1 receipt.instanceSnapshot.${field}`, "needs RDS; see test/aws"] as const,
  ),
  ...["expectedAt", "found", "point", "class"].map(
    (field) =>
      [`lastgood.verify.daily/1 tiers[].promised[].${field}`, "needs a day that is over; see test/operations"] as const,
  ),
  ["lastgood.sweep/1 postponed", "needs a capture within the first moments of its life"],
  ["lastgood.expire.apply/1 sweep.postponed", "the same"],
  ["lastgood.capture/1 point.expired[].class", "a point that was just taken has lost nothing"],
  ["lastgood.capture/1 point.expired[].at", "the same"],
  ...["approved.by", "approved.at", "released.by", "released.at"].flatMap((field) => [
    [`lastgood.hold.add/1 hold.${field}`, "comes later"] as const,
    [`lastgood.hold.release/1 hold.${field}`, "comes later"] as const,
  ]),
  ...["by", "at", "reason"].map(
    (field) => [`lastgood.hold.add/1 hold.releaseRequested.${field}`, "comes later"] as const,
  ),
  ...["level", "about", "part.store", "part.id", "part.class", "deadline", "message", "sent", "reason"].map(
    (field) =>
      [`lastgood.expire.run/1 alarms[].${field}`, "needs a part that cannot be removed; see test/operations"] as const,
  ),
  ["lastgood.expire.run/1 clock.problem", "needs a clock that is wrong; see test/operations"],
  ["lastgood.expire.run/1 parts[].lockedUntil", "needs an archive that is due while it is locked; see test/operations"],
  ["lastgood.expire.run/1 notices[]", "needs what a policy does not settle, or holds that cannot be read"],
  ["lastgood.expire.run/1 next", "null only where nothing is left that could be due"],
  ["lastgood.expire.plan/1 next", "null only where nothing is left that could be due"],
]);

const schemas = [...documentedFields()].filter(([schema]) => schema !== "lastgood.demo/1"); // See demo.test.ts.

test.each(schemas)("docs/json.md says of %s what is printed", (schema, documented) => {
  const paths = [...(printed.get(schema) ?? [])];
  expect(paths.length, `nothing was printed as ${schema}`).toBeGreaterThan(0);
  expect(paths.filter((path) => !documented.some((field) => covers(field, path)))).toEqual([]);
  const unseen = documented.filter((field) => !paths.some((path) => covers(field, path)));
  expect(unseen.filter((field) => !NOT_SEEN.has(`${schema} ${field}`))).toEqual([]);
});

test("every schema that is printed is documented", () => {
  expect([...printed.keys()].filter((schema) => !documentedFields().has(schema))).toEqual([]);
});

test("every command that has a result has a documented schema", () => {
  const commands = resolve(import.meta.dirname, "../../bin/commands");
  const results = readdirSync(commands).flatMap((name) =>
    [...readFileSync(join(commands, name), "utf8").matchAll(/output\.result\(\s*"([^"]+)"/g)].map(
      ([, command = ""]) => command,
    ),
  );
  expect(results.length).toBeGreaterThan(5);
  for (const command of results) expect([...documentedFields().keys()]).toContain(`lastgood.${command}/1`);
});

test("a documented path with a placeholder covers one name, not a deeper path", () => {
  expect(covers("row.<column>", "row.id")).toBe(true);
  expect(covers("row.<column>", "row.id.x")).toBe(false);
  expect(covers("tables[].rows", "tablesX.rows")).toBe(false);
});
