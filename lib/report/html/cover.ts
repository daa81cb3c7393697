import { formatCount, formatDuration, formatInstant } from "../../model/measure.ts";
import type { ComplianceReport, ReportTopic } from "../../model/report.ts";
import { heldParts, newestOf, partKey } from "../retention.ts";
import { dayLights } from "../verifications.ts";
import { lightOf, markOf, periodWords } from "./cells.ts";
import { html, type Markup } from "./markup.ts";

const TOPICS: Readonly<Record<ReportTopic, string>> = {
  backups: "Backups",
  retention: "Retention",
  verification: "Verification",
  restores: "Restore drills",
  holds: "Holds",
  evidence: "Evidence",
};

/** What somebody reads who reads nothing else. */
export const cover = (report: ComplianceReport): Markup => {
  const { verdict, controller, period, number, databases } = report;
  return html`<header>
<p class="kicker">Retention evidence · report ${number}</p>
<h1>${controller}</h1>
<p class="period">${periodWords(period.firstDay, period.endDay)}</p>
<p class="scope">${databases.length === 1 ? "Database" : "Databases"} <bdi>${databases.join(", ")}</bdi></p>
<p class="verdict ${verdict.light}">${markOf(verdict.light)} <strong>${verdict.sentence}</strong></p>
<ul class="lights">${verdict.lights.map(
    ({ about, light, says }) =>
      html`<li class="${light}"><h2>${TOPICS[about]} ${lightOf(light)}</h2><p>${says}</p></li>
`,
  )}</ul>
<dl class="figures">${figuresOf(report).map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
<p class="key"><strong>Green</strong>: the evidence says that it was kept. <strong>Yellow</strong>: it is not shown, or a person should look. <strong>Red</strong>: the evidence says that it was not kept. This page claims no compliance with a law; <a href="#s18">section 18</a> says what the evidence does not show.</p>
</header>`;
};

const figuresOf = ({ captures, expiries, days, restores, overdue }: ComplianceReport): readonly [string, string][] => {
  const gone = [...newestOf(expiries).values()].filter(({ objectsLeft }) => objectsLeft === 0);
  const held = heldParts(overdue);
  const margins = gone.flatMap(({ part, marginMs }) => (held.has(partKey(part)) ? [] : [marginMs]));
  const least = margins.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const drills = restores.filter(({ purpose, result }) => purpose === "drill" && result === "equal");
  return [
    ["points captured", formatCount(captures.length)],
    ["parts proven gone", formatCount(gone.length)],
    ["smallest margin", margins.length === 0 ? "–" : `${least < 0 ? "−" : ""}${formatDuration(Math.abs(least))}`],
    ["past a deadline", formatCount(overdue.length)],
    ["days verified", formatCount(dayLights(days).size)],
    ["drills equal", formatCount(drills.length)],
  ];
};

/** What speaks against the evidence, or is not shown by it, the worst first. */
export const findings = ({ verdict }: ComplianceReport): Markup =>
  verdict.findings.length === 0
    ? html`<p class="empty">Nothing was found against the evidence.</p>`
    : html`<ul class="findings">${verdict.findings.map(
        ({ about, light, section, says, which }) =>
          html`<li>${lightOf(light)}<div><p>${says}</p>${which && html`<p class="which"><bdi>${which}</bdi></p>`}</div><p class="where">${TOPICS[about]}, <a href="#s${section}">section ${section}</a></p></li>
`,
      )}</ul>`;

/** Where the page comes from, and what it is not: the signed file is the report. */
export const colophon = (report: ComplianceReport, sha256: string): Markup => html`<footer>
<p>Drawn by Lastgood ${report.version} from <code>report.json</code>, which is the report: this page and the tables in CSV are renderings of it.</p>
<p>SHA-256 of report.json <code class="long">${sha256}</code></p>
<p>Made at ${formatInstant(report.madeAt)} by <bdi>${report.madeBy}</bdi>. Instants are in UTC; deadlines also in ${report.timeZone}, whose days are the business dates.</p>
</footer>`;
