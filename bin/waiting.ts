import type { Waiting } from "../lib/operations/act-on-stack.ts";
import { localClock } from "../lib/wiring/local.ts";
import type { Session } from "./session.ts";

/** Tells whoever waits for a stack that it is at work, and since when. */
export const waitingIn = (session: Session): Waiting => ({
  waiting: ({ name, startedAt }) =>
    session.progress.report({
      phase: `waiting for ${name}`,
      tablesDone: 0,
      tablesTotal: 0,
      rowsDone: 0,
      bytesDone: 0,
      elapsedMs: Math.max(0, localClock.now() - startedAt),
    }),
  signal: session.signal,
});
