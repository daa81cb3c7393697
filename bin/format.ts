import { DAY_MS, HOUR_MS } from "../lib/model/units.ts";

export { formatBytes, formatCount, formatDuration, formatInstant, formatNumber } from "../lib/model/measure.ts";

const MINUTE_MS = 60_000;

/** How long ago, in one unit: `just now`, `5 min ago`, `3 h ago`, `12 d ago`; `in the future` for a clock that disagrees. */
export const formatAge = ({ at, now }: { at: number; now: number }): string => {
  const ms = now - at;
  if (ms < -MINUTE_MS) return "in the future";
  if (ms < MINUTE_MS) return "just now";
  if (ms < HOUR_MS) return `${Math.floor(ms / MINUTE_MS)} min ago`;
  if (ms < 2 * DAY_MS) return `${Math.floor(ms / HOUR_MS)} h ago`;
  return `${Math.floor(ms / DAY_MS)} d ago`;
};

export interface Column {
  readonly title: string;
  /** Numbers stand right. */
  readonly align?: "left" | "right";
}

/** Lines of a table, its header first. Cells must not hold line feeds. */
export const formatTable = (columns: readonly Column[], rows: readonly (readonly string[])[]): readonly string[] => {
  const lines = [columns.map((column) => column.title), ...rows];
  const widths = columns.map((_, i) => Math.max(...lines.map((cells) => [...(cells[i] ?? "")].length)));
  return lines.map((cells) =>
    columns
      .map(({ align }, i) => {
        const cell = cells[i] ?? "";
        const room = " ".repeat((widths[i] ?? 0) - [...cell].length);
        return align === "right" ? room + cell : cell + room;
      })
      .join("  ")
      .trimEnd(),
  );
};
