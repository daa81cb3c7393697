/** How far a long act has come. An operation reports one at its start, one at each change of phase, and as often as it likes between. */
export interface ProgressEvent {
  /** What is being done, in an operator's words: `reading rows`, `building indexes`, `proving`. */
  readonly phase: string;
  readonly tablesDone: number;
  readonly tablesTotal: number;
  readonly rowsDone: number;
  /** An estimate, and undefined where there is none; the same for bytes. What is done may pass it. */
  readonly rowsTotal?: number | undefined;
  readonly bytesDone: number;
  readonly bytesTotal?: number | undefined;
  /** Since the act began, by a clock that only grows. */
  readonly elapsedMs: number;
}

export type ReportProgress = (event: ProgressEvent) => void;
