import { html, type Markup } from "./markup.ts";

/** Two inks on paper, one accent, and three colours that mean something. Contrast of all text is 4.5 to 1 and more. */
export const STYLE: Markup = html`<style>
:root {
  color-scheme: light dark;
  --paper: #fcfbf8; --raised: #f4f2ec; --ink: #1c1e22; --soft: #565b66; --line: #dcd8ce;
  --accent: #0d5467; --faint: #8fa9b1; --red: #a31621; --red-wash: #f9e6e4; --yellow: #7a4e00; --yellow-fill: #e2b04a; --green: #22623c; --green-wash: #e3efe4;
  --serif: "Iowan Old Style", "Palatino Linotype", Palatino, "Book Antiqua", Georgia, "Times New Roman", serif;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #15171b; --raised: #1e2126; --ink: #e9e6df; --soft: #a8acb5; --line: #363a42;
    --accent: #7cc4d6; --faint: #4c6b75; --red: #ff9189; --red-wash: #3a1d1e; --yellow: #edbf62; --yellow-fill: #a67b1f; --green: #8ccf9e; --green-wash: #1e3226;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-behavior: auto; }
body { margin: 0 auto; max-width: 60rem; padding: 0 1.25rem 4rem; background: var(--paper); color: var(--ink); font: 1rem/1.55 var(--sans); overflow-wrap: anywhere; }
h1, h2, h3, h4 { font-family: var(--serif); font-weight: 600; line-height: 1.2; text-wrap: balance; margin: 0; }
h1 { font-size: clamp(2rem, 7vw, 3.25rem); letter-spacing: -.015em; }
p, ul, dl, ol { margin: 0; }
p { max-width: 42rem; }
a { color: var(--accent); text-underline-offset: .2em; }
a:focus-visible, [tabindex]:focus-visible { outline: 2px solid var(--accent); outline-offset: 3px; }
small { font-size: .8125em; color: var(--soft); }
code, pre { font: .8125em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
pre { background: var(--raised); padding: .75rem 1rem; overflow-x: auto; margin: .75rem 0; border-left: 3px solid var(--line); }
.long { overflow-wrap: anywhere; }
.skip { position: absolute; left: -999rem; }
.skip:focus { left: 1rem; top: 1rem; background: var(--paper); padding: .5rem; }

header { padding: clamp(2rem, 8vw, 5rem) 0 2rem; border-bottom: 3px double var(--line); }
.kicker { color: var(--accent); font-size: .8125rem; letter-spacing: .09em; text-transform: uppercase; margin-bottom: .75rem; }
.period { font: 1.25rem/1.4 var(--serif); margin-top: .6rem; } .scope { color: var(--soft); font-size: .9375rem; margin-top: .2rem; }
.verdict { display: flex; gap: .85rem; align-items: flex-start; max-width: none; margin: 2.25rem 0; padding: 1.25rem 1.4rem; font: 1.375rem/1.35 var(--serif); background: var(--raised); border-left: 5px solid; }
.verdict.red { border-color: var(--red); } .verdict.yellow { border-color: var(--yellow-fill); } .verdict.green { border-color: var(--green); }
.verdict strong { font-weight: 600; }
.verdict .mark { flex: none; width: 1.6rem; height: 1.6rem; margin-top: .12rem; }
.mark { vertical-align: -.15em; stroke-width: 1.6; fill: none; stroke-linecap: round; stroke-linejoin: round; }
.mark circle, .mark .body { stroke: none; fill: currentColor; }
.mark.red { color: var(--red); } .mark.yellow { color: var(--yellow); } .mark.green { color: var(--green); }
.mark path { stroke: var(--paper); }
.lights { list-style: none; padding: 0; display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 17rem), 1fr)); gap: 1.25rem 2rem; }
.lights li { border-top: 1px solid var(--line); padding-top: .7rem; }
.lights h2 { font-size: 1.0625rem; display: flex; justify-content: space-between; gap: 1rem; }
.lights p { font-size: .875rem; color: var(--soft); margin-top: .3rem; }
.light { font: 600 .8125rem/1.4 var(--sans); white-space: nowrap; display: inline-flex; gap: .4em; align-items: center; }
.light.red, .red { color: var(--red); } .light.yellow { color: var(--yellow); } .light.green { color: var(--green); }
.lights li.red { color: inherit; }
.figures { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 1rem 2rem; margin: 2.25rem 0 1.5rem; padding: 1.1rem 0; border: solid var(--line); border-width: 1px 0; }
.figures div { display: flex; flex-direction: column-reverse; justify-content: flex-end; }
.figures dt { font-size: .8125rem; color: var(--soft); line-height: 1.3; }
.figures dd { margin: 0; font: 600 1.375rem/1.25 var(--serif); font-variant-numeric: lining-nums tabular-nums; white-space: nowrap; }
.key { font-size: .8125rem; color: var(--soft); }
.key strong { color: var(--ink); font-weight: 600; }

.findings { list-style: none; padding: 0; }
.findings li { display: grid; grid-template-columns: 5.5rem 1fr auto; gap: 0 1rem; padding: .7rem 0; border-top: 1px solid var(--line); align-items: baseline; }
.findings p { max-width: 46rem; } .which { font-size: .875rem; color: var(--soft); } .where { font-size: .8125rem; color: var(--soft); }
main > section { padding-top: 2.75rem; }
main > section > h2 { font-size: 1.625rem; margin-bottom: 1rem; }
.ordinal { color: var(--accent); font-variant-numeric: lining-nums tabular-nums; margin-right: .35em; }
section > p + p, section > dl + p { margin-top: .75rem; }
.empty { color: var(--soft); font-style: italic; margin: .35rem 0; }
.missing-here { margin-top: 1rem; font-size: .875rem; color: var(--soft); padding-left: 1rem; border-left: 3px solid var(--line); }
.alert { color: var(--red); font-weight: 600; }
nav { margin-top: 3rem; padding: 1.25rem 0; border: solid var(--line); border-width: 1px 0; }
nav ol { columns: 3 15rem; column-gap: 2rem; padding-left: 1.6rem; font-size: .9375rem; }
nav li { padding: .12rem 0; break-inside: avoid; }
nav li::marker { color: var(--soft); font-variant-numeric: tabular-nums; }
.facts { display: grid; gap: .35rem; font-size: .9375rem; margin: .25rem 0 .75rem; }
.facts div { display: grid; grid-template-columns: 12rem 1fr; gap: .25rem 1.25rem; }
.facts dt { color: var(--soft); } .facts dd { margin: 0; min-width: 0; }
.limits { padding-left: 1.2rem; max-width: 42rem; } .limits li { margin: .3rem 0; }
section h3 { font-size: 1.1875rem; margin: 1.5rem 0 .35rem; }
.sign-off { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 18rem), 1fr)); gap: 2.5rem 2rem; margin-top: 1.25rem; }
.sign-off dt { font-size: .8125rem; color: var(--soft); } .sign-off dd { margin: 0; height: 2.25rem; border-bottom: 1px solid var(--soft); }

.of-table { font-size: 1.0625rem; margin: 1.5rem 0 .5rem; }
.note { display: block; font: .8125rem/1.4 var(--sans); color: var(--soft); }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.scroll { overflow-x: auto; margin: 0 0 1.75rem; }
table { border-collapse: collapse; width: 100%; font-size: .8125rem; line-height: 1.4; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 600; color: var(--soft); border-bottom: 1.5px solid var(--soft); vertical-align: bottom; }
th, td { padding: .42rem .8rem .42rem 0; }
th:last-child, td:last-child { padding-right: 0; }
td { border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: normal; }
.word { white-space: nowrap; } .prose { min-width: 6.5rem; max-width: 24rem; overflow-wrap: break-word; }
.number { text-align: right; white-space: nowrap; } time, td small { white-space: nowrap; }
.none { color: var(--soft); }

figure { margin: 0 0 2.75rem; }
figure h3 { margin-top: 0; }
figcaption p { color: var(--soft); font-size: .9375rem; }
.legend { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .2rem 1.25rem; font-size: .8125rem; color: var(--soft); margin: .5rem 0; }
.legend li { display: inline-flex; align-items: center; gap: .35rem; }
svg.plot { display: block; width: 100%; height: auto; margin-top: .5rem; }
svg.narrow { display: none; }
svg text { font: 11.5px var(--sans); fill: var(--ink); }
svg .lane, svg .late-name { paint-order: stroke; stroke: var(--paper); stroke-width: 3px; stroke-linejoin: round; }
svg .late-name { stroke: var(--red-wash); }
svg .axis, svg .weekday { fill: var(--soft); font-size: 11px; }
svg .end { text-anchor: end; }
.grid { stroke: var(--line); } .base { stroke: var(--line); }
.gone { stroke: var(--faint); stroke-width: 1.6; } .kept { stroke: var(--accent); stroke-width: 2.2; }
.held { fill: var(--paper); stroke: var(--accent); stroke-width: 1.6; }
.overdue { stroke: var(--red); stroke-width: 2.2; } .bad { fill: var(--red); stroke: var(--paper); stroke-width: 1; }
.lost { fill: var(--paper); stroke: var(--red); stroke-width: 1.6; }
.late { fill: var(--yellow-fill); stroke: var(--yellow); stroke-width: 1; }
.missing { stroke: var(--red); stroke-width: 2.4; fill: none; stroke-linecap: round; }
.late-zone { fill: var(--red-wash); }
.deadline { stroke: var(--red); stroke-width: 2.5; } svg .deadline-name { fill: var(--red); font-weight: 600; }
.dot { fill: var(--accent); } svg .late-name { fill: var(--red); font-weight: 600; }
.months { display: flex; flex-wrap: wrap; gap: 1.25rem 2rem; margin-top: .9rem; }
.month h4 { font-size: .9375rem; margin-bottom: .35rem; }
svg.calendar { display: block; }
svg .weekday, svg [class^="day-"] { text-anchor: middle; font-size: 10.5px; }
.field-green { fill: var(--green-wash); } .field-yellow { fill: var(--raised); stroke: var(--yellow); } .field-red { fill: var(--red); }
.field-none { fill: none; stroke: var(--soft); stroke-dasharray: 2 2; } .field-to-come { fill: none; stroke: var(--line); }
.corner { fill: var(--yellow); }
svg .day-green { fill: var(--green); } svg .day-yellow { fill: var(--ink); } svg .day-red { fill: var(--paper); font-weight: 700; } svg .day-none, svg .day-to-come { fill: var(--soft); }
footer { margin-top: 4rem; padding-top: 1.25rem; border-top: 3px double var(--line); font-size: .8125rem; color: var(--soft); display: grid; gap: .4rem; }

@media screen and (max-width: 44rem) {
  svg.wide { display: none; } svg.narrow { display: block; max-width: 30rem; }
  .verdict { font-size: 1.1875rem; padding: 1rem; }
  .findings li { grid-template-columns: 1fr; }
  .facts div { grid-template-columns: 1fr; gap: 0; margin-bottom: .35rem; }
}
@media print {
  :root { color-scheme: light; --paper: #fff; --raised: #f5f4f0; --ink: #000; --soft: #444; --line: #ccc; --accent: #0d5467; --faint: #8fa9b1; --red: #a31621; --red-wash: #f9e6e4; --yellow: #7a4e00; --yellow-fill: #e2b04a; --green: #22623c; --green-wash: #e3efe4; }
  @page { size: A4; margin: 16mm 14mm; }
  html { font-size: 9.5pt; }
  body { max-width: none; padding: 0; -webkit-print-color-adjust: exact; print-color-adjust: exact; }
  header { padding-top: 0; }
  .scroll { overflow: visible; } table { font-size: 7pt; } main > section { padding-top: 2rem; } th, td { padding: .25rem .5rem .25rem 0; }
  time, td small, .number, .word { white-space: normal; } .prose { min-width: 0; }
  svg.wide { display: block; } svg.narrow { display: none; }
  tr, figure, .month, .lights li, .facts div { break-inside: avoid; } h2, h3 { break-after: avoid; }
  thead { display: table-header-group; } pre { white-space: pre-wrap; }
}
</style>`;
