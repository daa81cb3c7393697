import type { ComplianceReport } from "../../model/report.ts";
import { tablesOf } from "../tables.ts";
import { calendar } from "./calendar.ts";
import { periodWords } from "./cells.ts";
import { colophon, cover, findings } from "./cover.ts";
import { marginsPlot } from "./margins-plot.ts";
import { html } from "./markup.ts";
import { pointsPlot } from "./points-plot.ts";
import { SECTIONS } from "./sections.ts";
import { STYLE } from "./style.ts";
import { tableMarkup } from "./table-markup.ts";

/** Nothing is loaded, run or sent by the page, whatever a value in it says. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/**
 * The report as one page that needs nothing else.
 * @param sha256  of report.json, hex
 */
export const renderPage = (report: ComplianceReport, sha256: string): string => {
  const tables = tablesOf(report);
  const { period, controller, timeZone } = report;
  return `<!doctype html>\n${
    html`<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>Retention evidence of ${controller}, ${periodWords(period.firstDay, period.endDay)}</title>
${STYLE}
</head>
<body>
<a class="skip" href="#findings">To the findings</a>
${cover(report)}
<main>
<section id="findings" aria-labelledby="findings-title"><h2 id="findings-title">Findings</h2>
${findings(report)}</section>
<section id="glance" aria-labelledby="glance-title"><h2 id="glance-title">At a glance</h2>
${pointsPlot(report)}
${marginsPlot(report)}
${calendar(report)}</section>
<nav aria-label="Sections"><ol>${SECTIONS.map(({ title }, i) => html`<li><a href="#s${i + 1}">${title}</a></li>`)}</ol></nav>
${SECTIONS.map(
  ({ title, before, missing }, i) => html`<section id="s${i + 1}" aria-labelledby="t${i + 1}">
<h2 id="t${i + 1}"><span class="ordinal">${i + 1}</span> ${title}</h2>
${before?.(report, sha256)}
${tables.filter(({ section, name }) => section === i + 1 && name !== "findings").map((table) => tableMarkup(table, timeZone, title))}
${missing === undefined ? undefined : html`<p class="missing-here"><strong>Not here.</strong> ${missing}</p>`}
</section>
`,
)}
</main>
${colophon(report, sha256)}
</body>
</html>`.text
  }\n`;
};
