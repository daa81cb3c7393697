import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readStackFile, STACK_FIELDS, type StackFile } from "../../lib/cdk/stack-file.ts";
import { Failure } from "../../lib/model/errors.ts";
import { exampleFile } from "./synthesis.ts";

const directory = mkdtempSync(join(tmpdir(), "lastgood-stack-file-"));
const path = join(directory, "shop.json");
afterAll(() => rmSync(directory, { recursive: true }));

const refusal = (content: string): Failure => {
  writeFileSync(path, content);
  try {
    readStackFile(path);
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error("the file was taken");
};

test("what the guide shows is read, with the port that PostgreSQL has by default", () => {
  const { port: _, ...first } = exampleFile().databases[0] as StackFile["databases"][number];
  writeFileSync(path, JSON.stringify({ ...exampleFile(), databases: [first] }));
  expect(readStackFile(path).databases[0]?.port).toBe(5432);
});

test.each<[string, (file: Record<string, never>) => unknown, string]>([
  ["an unknown field", (file) => ({ ...file, database: [] }), 'the file: Unrecognized key: "database"'],
  ["no database", (file) => ({ ...file, databases: [] }), "databases: Too small"],
  [
    "two databases of one name",
    (file) => ({ ...file, databases: [exampleFile().databases[0], exampleFile().databases[0]] }),
    "databases: two databases have one name",
  ],
  ["a short account", (file) => ({ ...file, account: "1234" }), "account: expected the twelve digits of an account"],
  ["a wrong Region", (file) => ({ ...file, region: "Frankfurt" }), "region: expected a Region"],
  ["an unknown time zone", (file) => ({ ...file, timeZone: "Berlin" }), "timeZone: expected a time zone"],
  ["too many lanes", (file) => ({ ...file, lanes: 33 }), "lanes: Too big"],
])("fails on %s, and names file and field", (_, change, message) => {
  const failure = refusal(JSON.stringify(change(exampleFile() as unknown as Record<string, never>)));
  expect(failure).toMatchObject({ code: "USAGE", hint: "docs/aws/deploy.md explains each field" });
  expect(failure.message).toContain(`${path}: ${message}`);
});

test("fails with one line for each field that is wrong, however deep", () => {
  const file = structuredClone(exampleFile()) as unknown as {
    databases: [{ name: string; dailyAt: string; login: { by: string; resourceId: string } }];
  };
  Object.assign(file.databases[0], { name: "Shop", dailyAt: "25:00", login: { by: "iam", resourceId: "shop" } });
  expect(refusal(JSON.stringify(file)).message.split("\n")).toEqual([
    `${path}: databases[0].name: expected lower case letters, digits and hyphens`,
    `${path}: databases[0].login.resourceId: expected the resource id: db-... or cluster-...`,
    `${path}: databases[0].dailyAt: expected HH:MM`,
  ]);
});

test("fails on a file that is not JSON, and on none", () => {
  expect(refusal("{").message).toContain(`${path} is not JSON: `);
  expect(() => readStackFile(join(directory, "absent.json"))).toThrow(/absent\.json cannot be read: ENOENT/);
});

test("the guide to deploying explains every field", () => {
  const guide = readFileSync(join(import.meta.dirname, "../../docs/aws/deploy.md"), "utf8");
  expect(STACK_FIELDS.length).toBeGreaterThan(10);
  for (const field of STACK_FIELDS) expect(guide, field).toMatch(new RegExp(`^\\|[^|]*\`${field}[\`.[]`, "m"));
});
