import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { COMMANDS } from "../../bin/commands.ts";
import { writeNewDirectory } from "../../bin/new-directory.ts";
import { main } from "../../bin/program.ts";
import { openOrCreateVault } from "../../lib/operations/open-vault.ts";
import { openLocal } from "../../lib/wiring/local.ts";
import { fakeContext } from "./fake-context.ts";

const directory = mkdtempSync(join(tmpdir(), "lastgood-report-"));
const at = (name: string): string => join(directory, name);
afterAll(() => rmSync(directory, { recursive: true }));

const POLICY = `version: 1
controller: Example Shop Ltd
timeZone: Europe/Copenhagen
databases: [shop]
classes:
  other: { tables: ["public.*"], max: P28D, purpose: selling, legalBasis: Art. 6(1)(f) GDPR }
tiers:
  hot: { every: P1D, window: P28D }
  release: { window: P14D }
`;

beforeAll(async () => {
  writeFileSync(at("lastgood.yaml"), POLICY);
  await openOrCreateVault(
    await openLocal({ vault: at("vault"), keys: at("keys.json"), passphrase: undefined }, "create"),
  );
});

const report = async (options: Record<string, string>, more: readonly string[] = []) => {
  const all = { from: "2026-10-01", to: "2026-11-01", policy: at("lastgood.yaml"), ...options };
  const context = fakeContext({ env: { LASTGOOD_VAULT: at("vault"), LASTGOOD_KEYS: at("keys.json") } });
  const args = Object.entries(all).flatMap(([name, value]) => (value === "" ? [] : [`--${name}`, value]));
  const status = await main(["report", ...args, ...more], context, COMMANDS);
  return { status, out: context.out(), err: context.err() };
};

const reportsKept = (): readonly string[] => {
  const evidence = readdirSync(at("vault"), { recursive: true, encoding: "utf8" });
  return evidence.filter((name) => /reports\/\d+\.json/.test(name));
};

test.each([
  [{ out: "" }, 2, /required option '--out <directory>' not specified/],
  [{ policy: "" }, 2, /required option '--policy <file>' not specified/],
  [{ policy: at("none.yaml") }, 2, /none\.yaml cannot be read: ENOENT/],
  [{ from: "yesterday" }, 2, /--from is "yesterday", expected a day/],
  [{ from: "2026-11-01" }, 2, /the period from 2026-11-01 to 2026-11-01 has no day/],
  [{ from: "2026-12-01" }, 2, /the period from 2026-12-01 to 2026-11-01 has no day/],
  [{ out: at("full") }, 7, /full exists: it holds a file/],
  [{ out: at("lastgood.yaml") }, 7, /lastgood\.yaml exists: it is a file/],
  [{ out: at("none/report") }, 4, /could not write .*none\/report: ENOENT/],
])("fails on %j with status %d, before a report is made", async (options, status, says) => {
  mkdirSync(at("full"), { recursive: true });
  writeFileSync(at("full/notes.txt"), "mine");
  const seen = await report({ out: at("never"), ...options });
  expect([seen.status, seen.out]).toEqual([status, ""]);
  expect(seen.err).toMatch(says);
  expect(reportsKept()).toEqual([]);
  expect(readFileSync(at("full/notes.txt"), "utf8")).toBe("mine");
});

test("a vault of which nothing is known gives a report that says so, whole and in a directory of its own", async () => {
  mkdirSync(at("empty"));
  const seen = await report({ out: at("empty") });
  expect(seen.err).toBe("");
  expect([seen.status, seen.out]).toEqual([0, expect.stringMatching(/^YELLOW: There is no evidence of this period/)]);
  const names = readdirSync(at("empty"));
  expect(names).toEqual(expect.arrayContaining(["report.html", "report.json", "report.json.sig", "public-key.pem"]));
  expect(names.filter((name) => name.endsWith(".csv")).length).toBeGreaterThan(15);
  const [kept = ""] = reportsKept();
  expect(readFileSync(join(at("vault"), kept), "utf8")).toBe(readFileSync(at("empty/report.json"), "utf8"));
  expect(readdirSync(directory).filter((name) => name.startsWith("empty."))).toEqual([]);
});

test("the next one has the next number and the digest of the one before", async () => {
  const { out } = await report({ out: at("second") }, ["--json"]);
  expect(JSON.parse(out)).toMatchObject({
    schema: "lastgood.report/1",
    number: 2,
    light: "yellow",
    directory: at("second"),
  });
  const read = (name: string) =>
    JSON.parse(readFileSync(at(`${name}/report.json`), "utf8")) as { number: number; previous: string };
  const [first, second] = [read("empty"), read("second")];
  expect([first.number, second.number]).toEqual([1, 2]);
  expect(second.previous).toMatch(/^[0-9a-f]{64}$/);
  expect(second.previous).not.toBe(first.previous);
});

test("a record that was damaged makes it red, with status 9 and the place, and the report is written", async () => {
  const [chain = ""] = readdirSync(at("vault"), { recursive: true, encoding: "utf8" }).filter((name) =>
    /chain\/0+1\.json/.test(name),
  );
  writeFileSync(join(at("vault"), chain), "{}\n");
  const seen = await report({ out: at("broken") });
  expect(seen.status).toBe(9);
  expect(seen.out).toMatch(/^RED: /);
  expect(readFileSync(at("broken/report.html"), "utf8")).toContain("record 1 of the audit chain is damaged");
});

test("of a directory that cannot be finished nothing is left", async () => {
  const files = [
    { name: "one", bytes: "1" },
    { name: "none/two", bytes: "2" },
  ];
  await expect(writeNewDirectory(at("half"), files)).rejects.toMatchObject({ code: "OUTPUT_UNWRITABLE" });
  expect(readdirSync(directory).filter((name) => name.startsWith("half"))).toEqual([]);
  await expect(writeNewDirectory(at("full"), [{ name: "one", bytes: "1" }])).rejects.toMatchObject({
    code: "OUTPUT_EXISTS",
  });
  expect(readdirSync(at("full"))).toEqual(["notes.txt"]);
});
