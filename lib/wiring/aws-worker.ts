export { serveWorker } from "../aws/durable-worker.ts";
