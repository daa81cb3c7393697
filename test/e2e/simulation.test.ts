import { expect, test } from "vitest";
import { testServer } from "../postgres.ts";
import { simulate } from "../simulation/simulate.ts";
import { databasesOn } from "../simulation/simulated-server.ts";

const server = testServer(18);
const idle = testServer(18);

test("weeks with 29 February, a change of clocks, faults, a missed night, a hold and rows that leave by their age: every promise is kept on every day", async () => {
  const databases = await databasesOn(await server());
  const report = await simulate({ ...databases, from: "2028-02-19", days: 38, seed: 7 });
  expect(report.broken).toEqual([]);
  const days = new Map(report.days.map((one) => [one.day, one]));
  expect(days.has("2028-02-29") && days.has("2028-03-26")).toBe(true);
  expect(days.get("2028-03-07")?.events).toContain("no capture: the machine was off at night");
  expect(report.counts).toMatchObject({ verifications: 38, holds: 1, "signed heads": 38 });
  expect(report.counts["restores"]).toBeGreaterThan(2);
  expect(report.counts["falls"]).toBeGreaterThan(3);
  expect(report.counts["parts gone"]).toBeGreaterThan(50);
  expect(report.counts["parts of days gone"]).toBeGreaterThan(300);
  expect(report.counts["words gone"]).toBeGreaterThan(400);
  expect(report.report.map(({ name }) => name)).toContain("report.html");
});

test("where no worker runs, the first part that outlives its deadline is told on its day, and then each word in it", async () => {
  const databases = await databasesOn(await idle());
  const { broken } = await simulate({ ...databases, from: "2028-02-19", days: 6, seed: 7, workerRests: true });
  expect(broken[0]).toMatch(/^2028-02-22: hot 20280219T001\S+ raw is there at its deadline$/);
  expect(broken.some((what) => /^2028-02-24: B-\d{7}-b can be read after its last deadline/.test(what))).toBe(true);
});
