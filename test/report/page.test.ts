import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import axe from "axe-core";
import { describe, expect, test } from "vitest";
import { compileReport } from "../../lib/report/compile-report.ts";
import { renderPage } from "../../lib/report/html/page.ts";
import { testBrowser, type View } from "./browser.ts";
import { HOSTILE, withText } from "./hostile.ts";
import { nothing, quarter } from "./quarter.ts";

const open = testBrowser();
const DESK: View = { width: 1100, scheme: "light" };
const PHONE: View = { width: 320, scheme: "light" };

const pages = [
  { name: "quarter", html: renderPage(compileReport(quarter()), "ab".repeat(32)) },
  { name: "nothing", html: renderPage(compileReport(nothing()), "ab".repeat(32)) },
  { name: "hostile", html: renderPage(compileReport(withText(quarter(), HOSTILE)), "ab".repeat(32)) },
];

interface Violation {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly { readonly html: string }[];
}

describe.each(pages)("the page of $name", ({ name, html }) => {
  test.each<View>([DESK, { width: 1100, scheme: "dark" }, PHONE, { width: 320, scheme: "dark" }])(
    "has nothing that keeps anybody from reading it, $width px wide and $scheme",
    async (view) => {
      const { page } = await open(name, html, view);
      // The page's own policy lets no script run, so the checker runs beside it.
      await page.setBypassCSP(true);
      await page.reload();
      await page.evaluate(axe.source);
      const found = (await page.evaluate("axe.run()")) as {
        violations: readonly Violation[];
        passes: readonly { readonly id: string }[];
      };
      expect(found.passes.map(({ id }) => id)).toContain("color-contrast");
      expect(found.violations.map(({ id, impact, nodes }) => ({ id, impact, first: nodes[0]?.html }))).toEqual([]);
      await page.close();
    },
  );

  test.each([320, 375, 700, 705, 1100, 1920])("is nowhere wider than a window of %d px", async (width) => {
    const { page } = await open(name, html, { width, scheme: "light" });
    expect(await page.evaluate("document.scrollingElement.scrollWidth")).toBe(width);
    await page.close();
  });

  test("asks for nothing but itself, and runs nothing", async () => {
    const { page, requests } = await open(name, html, DESK);
    expect(requests).toHaveLength(1);
    expect(await page.title()).toMatch(/^Retention evidence of /);
    expect(await page.evaluate("document.querySelectorAll('script, img, iframe, link, object, form').length")).toBe(0);
    await page.close();
  });

  test("is printed on pages of paper, none of them empty", async () => {
    const { page } = await open(name, html, DESK);
    const pdf = Buffer.from(await page.pdf({ preferCSSPageSize: true, printBackground: true })).toString("latin1");
    expect(pdf.startsWith("%PDF-")).toBe(true);
    expect([...pdf.matchAll(/\/Type \/Page\b/g)].length).toBeGreaterThan(3);
    await page.close();
  });
});

test("a script that got into the page would not run, and an image would not be fetched: the page forbids both", async () => {
  let fetched = 0;
  const server = createServer((_, response) => {
    fetched++;
    response.end();
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  const planted = `<script>document.title = "owned"</script><img src="http://127.0.0.1:${port}/x" alt="">`;
  const html = (pages[0]?.html ?? "").replace("</header>", `${planted}</header>`);
  const { page } = await open("planted", html, DESK);
  expect([await page.title(), fetched]).toEqual([expect.stringMatching(/^Retention evidence of /), 0]);
  await page.setBypassCSP(true);
  await page.reload();
  expect([await page.title(), fetched]).toEqual(["owned", 1]);
  await page.close();
  await new Promise((done) => server.close(done));
});

test("hostile names read on the page as they were written", async () => {
  const { page } = await open("hostile", pages[2]?.html ?? "", DESK);
  const shown = await page.evaluate("document.querySelector('h1').textContent");
  expect(shown).toBe(`${HOSTILE.replace("\u202e", "\ufffd")} Example Shop Ltd`);
  await page.close();
});

test("of each plot one drawing is shown: the one that fits the window", async () => {
  for (const [view, shown, hidden] of [
    [DESK, "wide", "narrow"],
    [PHONE, "narrow", "wide"],
  ] as const) {
    const { page } = await open("quarter", pages[0]?.html ?? "", view);
    const countOf = (kind: string) =>
      page.evaluate(
        `[...document.querySelectorAll("svg.plot.${kind}")].filter((plot) => plot.getBoundingClientRect().height > 0).length`,
      );
    expect([await countOf(shown), await countOf(hidden)]).toEqual([2, 0]);
    await page.close();
  }
});
