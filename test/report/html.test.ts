import fc from "fast-check";
import { expect, test } from "vitest";
import { compileReport } from "../../lib/report/compile-report.ts";
import { csvOf } from "../../lib/report/csv.ts";
import { localOf, periodWords } from "../../lib/report/html/cells.ts";
import { html } from "../../lib/report/html/markup.ts";
import { renderPage } from "../../lib/report/html/page.ts";
import type { ReportTable } from "../../lib/report/table.ts";
import { tablesOf } from "../../lib/report/tables.ts";
import { HOSTILE, withText } from "./hostile.ts";
import { nothing, quarter } from "./quarter.ts";

const page = (evidence = quarter()): string => renderPage(compileReport(evidence), "ab".repeat(32));

/** What a browser reads in a text: the entities that the page uses, and no others. */
const read = (text: string): string =>
  text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&");

test("whatever a value is, it stays within its element and its attribute, and reads as it was", () => {
  const values = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: fc.constantFrom(..."<>&\"'=/-! ") }));
  fc.assert(
    fc.property(values, (value) => {
      const { text } = html`<p title="${value}">${value}</p>`;
      const [, title = "", content = ""] = /^<p title="([^"]*)">([^<]*)<\/p>$/.exec(text) ?? ["", "no match", ""];
      expect(title).toBe(content);
      expect(content).not.toMatch(/[<>"']|&(?!(lt|gt|quot|#39|amp);)/);
      // What cannot be seen is replaced, all else is kept.
      if (!/[^\u0020-\u007e]/.test(value)) expect(read(content)).toBe(value);
    }),
    { numRuns: 500 },
  );
});

test.each([
  ["a sign that turns text around", "safe\u202eexe", "safe\ufffdexe"],
  ["one without width", "a\u200bb", "a\ufffdb"],
  ["a control character", "a\u0000\u001b[31mb", "a\ufffd\ufffd[31mb"],
  ["half a character", "a\ud800b", "a\ufffdb"],
  ["a line feed, which is seen,", "a\nb", "a\nb"],
])("%s is shown as something that is there", (_, value, shown) => {
  expect(html`${value}`.text).toBe(shown);
});

/** Names of all elements and their attributes, without values. */
const skeleton = (text: string): readonly string[] =>
  [...text.replace(/<style>[^]*?<\/style>/, "").matchAll(/<([a-z][a-z0-9]*)((?:\s+[a-z-]+="[^"]*")*)\s*\/?>/gi)].map(
    ([, name = "", attributes = ""]) =>
      [name, ...[...attributes.matchAll(/([a-zA-Z-]+)="[^"]*"/g)].map(([, one]) => one)].join(" "),
  );

test("names that try to get out of their cells change no element and no attribute of the page", () => {
  const [hostile, harmless] = [HOSTILE, "x".repeat(HOSTILE.length)].map((text) => page(withText(quarter(), text)));
  expect(hostile?.length).toBeGreaterThan(harmless?.length ?? 0);
  expect(new Set(skeleton(hostile ?? ""))).toEqual(new Set(skeleton(harmless ?? "")));
  expect(hostile).not.toMatch(/<(script|img)/);
});

test("the page has no script and loads nothing: no element and no attribute that could", () => {
  const names = new Set(skeleton(page()).map((one) => one.split(" ")[0]));
  for (const name of [
    "script",
    "img",
    "link",
    "iframe",
    "object",
    "embed",
    "form",
    "base",
    "audio",
    "video",
    "use",
    "image",
  ])
    expect(names).not.toContain(name);
  expect(page()).not.toMatch(/\s(on[a-z]+|src|style)=|url\(|@import|javascript:/i);
  expect([...page().matchAll(/href="([^"]*)"/g)].every(([, target = ""]) => target.startsWith("#"))).toBe(true);
  expect(page()).toContain("default-src &#39;none&#39;");
});

test("every section of the nineteen is there by its number, and every link leads to something", () => {
  for (const text of [page(), page(nothing())]) {
    const ids = new Set([...text.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id));
    for (let number = 1; number <= 19; number++) expect(ids).toContain(`s${number}`);
    for (const [, target] of text.matchAll(/href="#([^"]*)"/g)) expect(ids).toContain(target);
    const labels = [...text.matchAll(/aria-labelledby="([^"]*)"/g)].map(([, id]) => id);
    for (const id of labels) expect(ids).toContain(id);
    expect([...text.matchAll(/\sid="([^"]*)"/g)].length).toBe(ids.size);
  }
});

test("long tables are cut on the page, and say of how many rows and where all of them are", () => {
  expect(page()).toContain(
    "12 of 90, those that are not green, then the newest; all of them in <code>07-daily-verifications.csv</code>",
  );
  expect(page()).toContain("−5 h 00 min");
});

test("a day of a class is one row for all points on the page, one stroke for its point, and whole in the tables", () => {
  expect(page()).toContain(
    "12 of 511, those with the smallest margin; a day of a class is one row here, all 1,029 are in <code>09-expiries.csv</code>",
  );
  expect(page()).toContain('<bdi>6 points</bdi></td><td class="word"><bdi>visits, day 2026-11-25</bdi>');
  expect(page()).toContain("<bdi>financial, other, personal, visits with 7 days from 2026-11-24 to 2026-11-30</bdi>");
  expect(page()).toContain("hot, class visits: 83 parts left since, 7 parts there");
  expect(page()).toContain("P7D from the day of seen_at");
  expect(page()).not.toContain("visits_2026");
  const [expiries, captures] = ["expiries", "captures"].map((name) =>
    csvOf(tablesOf(compileReport(quarter())).find((table) => table.name === name) as ReportTable),
  );
  // A week of days in seven points each and in a release, but for two that the missing point would have had.
  expect(expiries?.match(/,visits_2026-10-0[1-7],/g)).toHaveLength(7 * 7 - 2 + 6);
  expect(captures).toContain("financial other personal visits visits_2026-11-24 visits_2026-11-25");
});

test("a plot says in words what it shows", () => {
  expect(page()).toContain("hot, class personal: 75 parts left since, 13 parts there, 1 part held, 1 part came late");
  expect(page()).toContain(
    "Too late: other, 5 h 00 min late; personal, 17 d 06 h late; personal, 7 d 06 h late, held.",
  );
  expect(page()).toContain("October 2026: 26 days green, 1 yellow, 4 red. red: 12, 13, 14, 20. yellow: 28.");
});

test("the page of a century, a day and nothing at all can be drawn", () => {
  const century = {
    ...quarter(),
    period: { from: Date.UTC(1970, 0, 1), to: Date.UTC(2070, 0, 1), firstDay: "1970-01-01", endDay: "2070-01-01" },
  };
  const day = {
    ...quarter(),
    period: { from: Date.UTC(2026, 8, 30), to: Date.UTC(2026, 9, 1), firstDay: "2026-09-30", endDay: "2026-10-01" },
  };
  for (const evidence of [century, day, nothing()]) {
    expect(page(evidence)).not.toMatch(/NaN|Infinity|undefined/);
    expect(page(evidence).length).toBeLessThan(1_000_000);
  }
});

test.each([
  ["2026-09-01", "2026-12-01", "1 September to 30 November 2026"],
  ["2026-12-01", "2027-01-01", "1 December to 31 December 2026"],
  ["2026-12-31", "2027-01-02", "31 December 2026 to 1 January 2027"],
  ["2028-02-29", "2028-03-01", "29 February 2028"],
])("the period from %s up to %s is told as %s", (first, end, words) => {
  expect(periodWords(first, end)).toBe(words);
});

test("a deadline is told in the time of the business too, before and after the clocks change", () => {
  expect(localOf(Date.UTC(2026, 9, 24, 23, 30), "Europe/Copenhagen")).toBe("2026-10-25 01:30 CEST");
  expect(localOf(Date.UTC(2026, 9, 25, 1, 30), "Europe/Copenhagen")).toBe("2026-10-25 02:30 CET");
  expect(localOf(Date.UTC(2026, 0, 1, 0, 0), "Asia/Kolkata")).toBe("2026-01-01 05:30 GMT+5:30");
});
