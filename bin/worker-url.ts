/** The module that serves a lane in a thread. */
export const WORKER = new URL("./worker.ts", import.meta.url);
