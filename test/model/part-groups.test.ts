import { expect, test } from "vitest";
import type { PartId } from "../../lib/model/audit.ts";
import { classWords, groupDays, partsInWords } from "../../lib/model/part-groups.ts";

const hot = (id: string, name: string): PartId => ({ store: "hot", id, class: name });
const named = ({ id, class: name }: PartId): string => `${id}/${name}`;

test.each([
  [[], []],
  [["personal"], ["personal"]],
  [["raw_2026-11-06"], ["raw, day 2026-11-06"]],
  [["raw_2026-11-06", "raw_2026-11-04", "raw_2026-11-06"], ["raw, 2 days from 2026-11-04 to 2026-11-06"]],
  [
    ["money", "raw", "raw_2026-11-06"],
    ["money", "raw with day 2026-11-06"],
  ],
  [
    ["raw_2026-11-06", "log_2026-11-06", "raw", "log_2026-11-05"],
    ["raw with day 2026-11-06", "log, 2 days from 2026-11-05 to 2026-11-06"],
  ],
])("classes %j are %j in words", (names, words) => {
  expect(classWords(names)).toEqual(words);
});

test("days of a class and its own part are one group, whatever points they are of; all else is by itself", () => {
  const parts = [
    hot("p1", "money"),
    hot("p1", "raw_2026-11-05"),
    hot("p2", "money"),
    hot("p2", "raw"),
    hot("p2", "raw_2026-11-06"),
    hot("p1", "log"),
    { ...hot("shop/2026-11-01", "raw"), store: "archive" } as const,
  ];
  expect(groupDays(parts, (part) => part).map((group) => group.map(named))).toEqual([
    ["p1/money"],
    ["p1/raw_2026-11-05", "p2/raw", "p2/raw_2026-11-06"],
    ["p2/money"],
    ["p1/log"],
    ["shop/2026-11-01/raw"],
  ]);
  expect(partsInWords(parts, named)).toEqual([
    "p1/money",
    "raw with 2 days from 2026-11-05 to 2026-11-06, of 2 points",
    "p2/money",
    "p1/log",
    "shop/2026-11-01/raw",
  ]);
});

test("a group of one point names it, and a part by itself is named by whoever asks", () => {
  const days = ["2026-11-05", "2026-11-06"].map((day) => hot("p1", `raw_${day}`));
  expect(partsInWords(days, named)).toEqual(["raw, 2 days from 2026-11-05 to 2026-11-06, of p1"]);
  expect(partsInWords(days.slice(1), named)).toEqual(["p1/raw_2026-11-06"]);
  expect(partsInWords([], named)).toEqual([]);
});
