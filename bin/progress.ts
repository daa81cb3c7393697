import type { ProgressEvent, ReportProgress } from "../lib/model/progress.ts";
import { formatBytes, formatCount, formatDuration } from "./format.ts";
import type { MessageLines } from "./terminal.ts";

const REWRITE_MS_MIN = 100;
const LINE_MS_MIN = 5000;
const EVENT_MS_MIN = 1000;
/** Before so much has passed, a rate is noise and a time left is a guess. */
const RATE_MS_MIN = 1000;
const SHARE_MIN = 0.01;

export interface Progress {
  readonly report: ReportProgress;
  /** Takes the rewritten line away, or prints the last event if it was held back. */
  finish(): void;
}

/**
 * Shows progress on standard error: one rewritten line on a terminal, else a line at every change of phase and at most
 * every five seconds; under --json the events themselves, at most one a second. The first event shows at once.
 */
export const createProgress = (messages: MessageLines, { json }: { json: boolean }): Progress => {
  const intervalMs = json ? EVENT_MS_MIN : messages.rewritable ? REWRITE_MS_MIN : LINE_MS_MIN;
  let phaseStart: ProgressEvent | undefined;
  let shownAtMs = Number.NEGATIVE_INFINITY;
  let heldBack: ProgressEvent | undefined;
  let lineBefore: string | undefined;

  const show = (event: ProgressEvent): void => {
    shownAtMs = event.elapsedMs;
    heldBack = undefined;
    if (json) messages.print(JSON.stringify({ schema: "lastgood.progress/1", ...event }));
    else if (messages.rewritable) messages.show(progressLine(event, phaseStart));
    else {
      const line = progressLine(event, phaseStart);
      // What did not move is not said again.
      if (line !== lineBefore) messages.print(line);
      lineBefore = line;
    }
  };

  return {
    report(event) {
      const newPhase = phaseStart?.phase !== event.phase;
      if (newPhase) phaseStart = event;
      if (newPhase || event.elapsedMs - shownAtMs >= intervalMs) show(event);
      else heldBack = event;
    },
    finish() {
      if (!json && messages.rewritable) messages.show("");
      else if (heldBack !== undefined) show(heldBack);
    },
  };
};

/** One event for people: phase, tables, rows, bytes, rate, time left; what is zero or not known is left out. */
export const progressLine = (event: ProgressEvent, phaseStart: ProgressEvent = event): string => {
  const { tablesDone, tablesTotal, rowsDone, bytesDone, bytesTotal } = event;
  const rate = rateOf(event, phaseStart);
  const leftMs = timeLeftMs(event, phaseStart);
  return [
    event.phase,
    tablesTotal > 0 && `${formatCount(tablesDone)}/${formatCount(tablesTotal)} tables`,
    rowsDone > 0 && `${formatCount(rowsDone)} rows`,
    bytesDone > 0 &&
      formatBytes(bytesDone) +
        (bytesTotal !== undefined && bytesTotal >= bytesDone ? ` of ${formatBytes(bytesTotal)}` : ""),
    rate !== undefined && `${formatBytes(Math.round(rate))}/s`,
    leftMs !== undefined && `${formatDuration(leftMs)} left`,
  ]
    .filter((part) => part !== false)
    .join("  ");
};

/** Bytes per second since the phase began. */
const rateOf = (event: ProgressEvent, start: ProgressEvent): number | undefined => {
  const ms = event.elapsedMs - start.elapsedMs;
  const bytes = event.bytesDone - start.bytesDone;
  return ms >= RATE_MS_MIN && bytes > 0 ? (bytes * 1000) / ms : undefined;
};

/** From bytes if their total is known, else from rows. */
const timeLeftMs = (event: ProgressEvent, start: ProgressEvent): number | undefined => {
  const ms = event.elapsedMs - start.elapsedMs;
  const byBytes = event.bytesTotal !== undefined;
  const total = byBytes ? event.bytesTotal : event.rowsTotal;
  const done = byBytes ? event.bytesDone : event.rowsDone;
  const moved = done - (byBytes ? start.bytesDone : start.rowsDone);
  if (ms < RATE_MS_MIN || total === undefined || done < total * SHARE_MIN || moved <= 0 || done >= total)
    return undefined;
  return ((total - done) * ms) / moved;
};
