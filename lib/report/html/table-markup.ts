import { formatCount } from "../../model/measure.ts";
import { csvNameOf } from "../csv.ts";
import type { ReportTable } from "../table.ts";
import { cellOf, isNumber } from "./cells.ts";
import { html, type Markup } from "./markup.ts";

/** Rows of a table that a page shows; the CSV has all. */
const ROWS_SHOWN = 12;

/** A table, or the sentence that stands for an empty one. It scrolls by itself where it is wider than the page. */
export const tableMarkup = (table: ReportTable, timeZone: string): Markup => {
  const { headings, cells, first, title, none } = table;
  if (cells.length === 0) return html`<p class="empty">${none}</p>`;
  const columns = headings.flatMap(({ title: shown, kind }, at) => (shown === undefined ? [] : [{ shown, kind, at }]));
  const rows = (first?.cells ?? cells).slice(0, ROWS_SHOWN);
  return html`<div class="scroll" role="region" aria-label="${title}" tabindex="0"><table>
<caption>${title} ${noteOf(table, rows.length)}</caption>
<thead><tr>${columns.map(({ shown, kind }) => html`<th scope="col"${isNumber(kind) ? html` class="number"` : undefined}>${shown}</th>`)}</tr></thead>
<tbody>${rows.map(
    (row) => html`<tr>${columns.map(({ kind, at }) => {
      const content = cellOf(row[at], kind, timeZone);
      return isNumber(kind) ? html`<td class="number">${content}</td>` : html`<td class="${kind}">${content}</td>`;
    })}</tr>
`,
  )}</tbody>
</table></div>`;
};

const noteOf = ({ cells, first, ...table }: ReportTable, shown: number): Markup => {
  const file = html`<code>${csvNameOf(table)}</code>`;
  if (shown === cells.length) return html`<span class="note">${formatCount(shown)} in all, also in ${file}</span>`;
  return html`<span class="note">${formatCount(shown)} of ${formatCount(cells.length)}, ${first?.words ?? "in order"} first; all of them in ${file}</span>`;
};
