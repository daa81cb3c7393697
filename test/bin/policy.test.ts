import { expect, test } from "vitest";
import { databaseBy } from "../../bin/policy.ts";
import type { Policy } from "../../lib/model/policy.ts";

const URL = "postgres://app@localhost/shop";
const policyWith = (...databases: readonly string[]) =>
  ({
    databases,
    sources: databases.map((database) => ({ database, urlFrom: `${database.toUpperCase()}_URL` })),
  }) as unknown as Policy;
const env = { SHOP_URL: URL, STOCK_URL: "postgres://app@localhost/stock", LASTGOOD_DATABASE: "postgres://elsewhere/x" };

test("the only database whose URL a policy knows is the one, before the environment's own", () => {
  expect(databaseBy(env, policyWith("shop"), undefined)).toBe(URL);
});

test("of several the one is meant that --database names; a URL there is a URL", () => {
  expect(databaseBy(env, policyWith("stock", "shop"), "shop")).toBe(URL);
  expect(databaseBy(env, policyWith("stock", "shop"), "postgres://there/shop")).toBe("postgres://there/shop");
});

test("without a policy, or one that knows no URL, the environment says it", () => {
  expect(databaseBy(env, undefined, undefined)).toBe(env.LASTGOOD_DATABASE);
  const { sources: _, ...rest } = policyWith("shop");
  expect(databaseBy(env, rest, undefined)).toBe(env.LASTGOOD_DATABASE);
});

test("fails when several could be meant, and says how to choose", () => {
  expect(() => databaseBy(env, policyWith("stock", "shop"), undefined)).toThrow(
    expect.objectContaining({
      code: "USAGE",
      message: "the policy knows the URLs of several databases: stock, shop",
      hint: "say which: --database stock",
    }) as Error,
  );
});

test.each([undefined, ""])("fails when the variable holds %j, and names it", (value) => {
  expect(() => databaseBy({ ...env, SHOP_URL: value }, policyWith("shop"), undefined)).toThrow(
    expect.objectContaining({
      code: "USAGE",
      message: "SHOP_URL is not set: the policy has the URL of shop there",
      hint: "set SHOP_URL, or give --database with a URL",
    }) as Error,
  );
});
