import { expect, test } from "vitest";
import { createProgress, progressLine } from "../../bin/progress.ts";
import { messageLines } from "../../bin/terminal.ts";
import type { ProgressEvent } from "../../lib/model/progress.ts";
import { fakeContext } from "./fake-context.ts";

const event = (changes: Partial<ProgressEvent> = {}): ProgressEvent => ({
  phase: "reading rows",
  tablesDone: 0,
  tablesTotal: 8,
  rowsDone: 0,
  bytesDone: 0,
  elapsedMs: 0,
  ...changes,
});

const progressOf = (options: { isTTY?: boolean; json?: boolean } = {}) => {
  const context = fakeContext({ isTTY: options.isTTY ?? false });
  const progress = createProgress(messageLines(context.stderr), { json: options.json ?? false });
  return { context, progress };
};

const rising = (count: number, stepMs: number): readonly ProgressEvent[] =>
  Array.from({ length: count }, (_, i) => event({ elapsedMs: i * stepMs, rowsDone: i }));

test("the first event is printed at once", () => {
  const { context, progress } = progressOf();
  progress.report(event());
  expect(context.err()).toBe("reading rows  0/8 tables\n");
});

test("without a terminal a minute of 6000 events is at most 13 lines", () => {
  const { context, progress } = progressOf();
  for (const each of rising(6000, 10)) progress.report(each);
  progress.finish();
  expect(context.err().split("\n").length - 1).toBe(13);
  expect(context.err()).toMatch(/5,999 rows\n$/);
});

test("a change of phase is printed whenever it comes", () => {
  const { context, progress } = progressOf();
  progress.report(event());
  progress.report(event({ phase: "proving", elapsedMs: 5 }));
  expect(context.err()).toMatch(/^reading rows .*\nproving .*\n$/);
});

test("a terminal gets one line, rewritten at most every tenth of a second, and gone in the end", () => {
  const { context, progress } = progressOf({ isTTY: true });
  for (const each of rising(100, 10)) progress.report(each);
  progress.finish();
  expect(context.err()).not.toContain("\n");
  expect(context.err().split("\r\x1b[2K").length - 1).toBe(10);
  expect(context.err().endsWith("\r\x1b[2K")).toBe(true);
});

test("under --json events are one object a line, at most one a second, on a terminal too", () => {
  const { context, progress } = progressOf({ json: true, isTTY: true });
  for (const each of rising(301, 10)) progress.report(each);
  progress.finish();
  expect(context.events()).toHaveLength(4);
  expect(context.events()[3]).toMatchObject({ schema: "lastgood.progress/1", phase: "reading rows", rowsDone: 300 });
});

test("the last event is not printed twice", () => {
  const { context, progress } = progressOf();
  progress.report(event());
  progress.finish();
  expect(context.err().split("\n").length - 1).toBe(1);
});

test("a line that says nothing new is not printed", () => {
  const { context, progress } = progressOf();
  progress.report(event());
  progress.report(event({ elapsedMs: 6000 }));
  progress.report(event({ elapsedMs: 6001 }));
  progress.finish();
  expect(context.err()).toBe("reading rows  0/8 tables\n");
});

test("a line has phase, tables, rows, bytes, rate and time left", () => {
  const start = event({ elapsedMs: 2000, bytesDone: 100e6 });
  const now = event({ tablesDone: 3, rowsDone: 1_234_567, bytesDone: 500e6, bytesTotal: 2e9, elapsedMs: 10_000 });
  expect(progressLine(now, start)).toBe(
    "reading rows  3/8 tables  1,234,567 rows  500 MB of 2.0 GB  50 MB/s  30 s left",
  );
});

test("time left comes from rows where the total of bytes is not known", () => {
  const now = event({ rowsDone: 250, rowsTotal: 1000, elapsedMs: 5000 });
  expect(progressLine(now, event())).toBe("reading rows  0/8 tables  250 rows  15 s left");
});

test.each([
  ["in the first second", { bytesDone: 500, bytesTotal: 1000, elapsedMs: 900 }],
  ["before a hundredth is done", { bytesDone: 9, bytesTotal: 1000, elapsedMs: 60_000 }],
  ["when the estimate was too low", { bytesDone: 1100, bytesTotal: 1000, elapsedMs: 60_000 }],
  ["when nothing moved in this phase", { bytesTotal: 1000, elapsedMs: 60_000 }],
])("no time left is promised %s", (_, changes) => {
  expect(progressLine(event(changes), event())).not.toContain("left");
});
