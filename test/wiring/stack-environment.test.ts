import { expect, test } from "vitest";
import { StackEnvironment } from "../../lib/wiring/stack-environment.ts";

const SHOP = {
  name: "shop",
  host: "shop.example.internal",
  port: 5432,
  database: "app",
  user: "lastgood",
  login: { by: "iam" },
  instance: { kind: "instance", id: "shop-1" },
};
const DATABASES = { LASTGOOD_DATABASES: JSON.stringify([SHOP, { ...SHOP, name: "billing" }]) };

test("a stack's functions find their databases by the names that people give them", () => {
  const stack = new StackEnvironment(DATABASES);
  expect(stack.database("shop")).toEqual(SHOP);
  expect(() => stack.database("app")).toThrow(
    expect.objectContaining({
      code: "DATABASE_UNKNOWN",
      message: "the stack protects no database app, but shop, billing",
      facts: { database: "app" },
    }),
  );
});

test("fails without a variable only where it is asked for", () => {
  const stack = new StackEnvironment({ LASTGOOD_HOT_BUCKET: "hot" });
  expect(stack.text("hotBucket")).toBe("hot");
  expect(stack.optional("databaseCa")).toBeUndefined();
  expect(() => stack.text("keysBucket")).toThrow(
    expect.objectContaining({
      code: "STACK_INVALID",
      message: "environment variable LASTGOOD_KEYS_BUCKET is not set",
      facts: { variable: "LASTGOOD_KEYS_BUCKET" },
    }),
  );
});

test.each([
  ["an empty bucket", { LASTGOOD_HOT_BUCKET: "" }, (stack: StackEnvironment) => stack.text("hotBucket")],
  ["half a lane", { LASTGOOD_LANES: "1.5" }, (stack: StackEnvironment) => stack.lanes],
  ["no lane", { LASTGOOD_LANES: "0" }, (stack: StackEnvironment) => stack.lanes],
  ["33 lanes", { LASTGOOD_LANES: "33" }, (stack: StackEnvironment) => stack.lanes],
  ["databases that are no JSON", { LASTGOOD_DATABASES: "shop" }, (stack: StackEnvironment) => stack.databases],
  ["databases that are no list", { LASTGOOD_DATABASES: "{}" }, (stack: StackEnvironment) => stack.databases],
  [
    "a database without a host",
    { LASTGOOD_DATABASES: JSON.stringify([{ ...SHOP, host: undefined }]) },
    (stack: StackEnvironment) => stack.databases,
  ],
  [
    "a database whose port is a text",
    { LASTGOOD_DATABASES: JSON.stringify([{ ...SHOP, port: "5432" }]) },
    (stack: StackEnvironment) => stack.databases,
  ],
  ["workers that are no names", { LASTGOOD_WORKERS: '{"hold":1}' }, (stack: StackEnvironment) => stack.workers],
  ["no workers", { LASTGOOD_WORKERS: "null" }, (stack: StackEnvironment) => stack.workers],
])("fails with STACK_INVALID on %s", (_, env, ask) => {
  expect(() => ask(new StackEnvironment(env))).toThrow(expect.objectContaining({ code: "STACK_INVALID" }));
});

test("lanes and workers are what the stack says", () => {
  const stack = new StackEnvironment({ LASTGOOD_LANES: "8", LASTGOOD_WORKERS: '{"hold":"arn:a","read":"arn:b"}' });
  expect(stack.lanes).toBe(8);
  expect(stack.workers).toEqual({ hold: "arn:a", read: "arn:b" });
});
