import { formatCount } from "../../model/measure.ts";
import { csvNameOf } from "../csv.ts";
import type { CellKind, ReportTable } from "../table.ts";
import { cellOf, isNumber } from "./cells.ts";
import { html, type Markup } from "./markup.ts";

/** Rows of a table that a page shows; the CSV has all. */
const ROWS_SHOWN = 12;

/**
 * A table under its title, or the sentence that stands for an empty one. It scrolls by itself where it is wider than the page.
 * @param within  title of the section: what says the same is not said twice
 */
export const tableMarkup = (table: ReportTable, timeZone: string, within: string): Markup => {
  const { name, headings, cells, onPage, title, none } = table;
  if (cells.length === 0) return html`<p class="empty">${none}</p>`;
  const columns = headings.flatMap(({ title: shown, kind }, at) =>
    // A column in which nobody says anything takes room from those that do.
    shown === undefined || cells.every((row) => row[at] === undefined || row[at] === "") ? [] : [{ shown, kind, at }],
  );
  if (columns.length === 0)
    return html`<p class="elsewhere">${title}: ${formatCount(cells.length)}, in <code>${csvNameOf(table)}</code></p>`;
  const rows = onPage.cells.slice(0, ROWS_SHOWN);
  const heading = html`<span id="${name}"${title === within ? html` class="unseen"` : undefined}>${title}</span>`;
  return html`<h3 class="of-table">${heading}<span class="note">${noteOf(table, rows.length)}</span></h3>
<div class="scroll" role="region" aria-labelledby="${name}" tabindex="0"><table aria-labelledby="${name}">
<thead><tr>${columns.map(({ shown, kind }) => html`<th scope="col" class="${classOf(kind)}">${shown}</th>`)}</tr></thead>
<tbody>${rows.map(
    (row) => html`<tr>${columns.map(
      ({ kind, at }) => html`<td class="${classOf(kind)}">${cellOf(row[at], kind, timeZone)}</td>`,
    )}</tr>
`,
  )}</tbody>
</table></div>`;
};

const classOf = (kind: CellKind): string => (isNumber(kind) ? "number" : kind === "prose" ? "prose" : "word");

const noteOf = ({ cells, onPage, ...table }: ReportTable, shown: number): Markup => {
  const file = html`<code>${csvNameOf(table)}</code>`;
  const [all, drawn] = [cells.length, onPage.cells.length];
  if (shown === all) return html`${formatCount(shown)} in all, also in ${file}`;
  if (drawn === all) return html`${formatCount(shown)} of ${formatCount(all)}, ${onPage.words}; all of them in ${file}`;
  const some = shown === drawn ? formatCount(shown) : `${formatCount(shown)} of ${formatCount(drawn)}, ${onPage.words}`;
  return html`${some}; a day of a class is one row here, all ${formatCount(all)} are in ${file}`;
};
