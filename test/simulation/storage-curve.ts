import type { SimulatedDay } from "./simulated-day.ts";

const WIDTH_MAX = 92;
const HEIGHT = 8;
const EIGHTHS = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/** Columns of bars under a scale, the largest of each column's days shown. */
export const plotOf = (title: string, values: readonly number[]): readonly string[] => {
  const perColumn = Math.ceil(values.length / WIDTH_MAX);
  const columns = Array.from({ length: Math.ceil(values.length / perColumn) }, (_, i) =>
    Math.max(...values.slice(i * perColumn, (i + 1) * perColumn)),
  );
  const top = Math.max(...columns, 1);
  const rows = Array.from({ length: HEIGHT }, (_, row) => {
    const below = HEIGHT - 1 - row;
    const cells = columns.map((value) => {
      const eighths = Math.round((value / top) * HEIGHT * 8) - below * 8;
      return EIGHTHS[Math.min(8, Math.max(0, eighths))] ?? "";
    });
    const scale = row === 0 ? kilobytes(top) : row === HEIGHT - 1 ? "0" : "";
    return `${scale.padStart(9)} ${cells.join("")}`;
  });
  return [title, ...rows];
};

const COLUMNS = [
  "day",
  "points",
  "hotObjects",
  "hotBytes",
  "keys",
  "archiveObjects",
  "archiveBytes",
  "evidenceBytes",
  "elapsedMs",
] as const satisfies readonly (keyof SimulatedDay)[];

/** One line for each day. */
export const csvOf = (days: readonly SimulatedDay[]): string =>
  [COLUMNS, ...days.map((day) => COLUMNS.map((name) => (name === "elapsedMs" ? Math.round(day[name]) : day[name])))]
    .map((cells) => `${cells.join(",")}\n`)
    .join("");

/**
 * Whether a store has stopped growing although days go on: its largest size in the last third is no more than a quarter above that of
 * the third before it.
 */
export const isBounded = (values: readonly number[]): boolean => {
  const third = Math.floor(values.length / 3);
  return Math.max(...values.slice(-third)) <= 1.25 * Math.max(...values.slice(-2 * third, -third));
};

export const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(0)} kB`;
