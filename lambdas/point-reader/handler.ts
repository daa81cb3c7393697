import { openVault } from "../../lib/operations/open-vault.ts";
import { READ_WORKER, readPointBack } from "../../lib/operations/read-point.ts";
import { stackVault } from "../../lib/wiring/aws.ts";
import { machineClock } from "../../lib/wiring/machine.ts";
import { StackEnvironment } from "../../lib/wiring/stack-environment.ts";
import { readTask } from "../tasks.ts";
import { worker, workerHandler } from "../worker.ts";

const stack = new StackEnvironment(process.env);

/** Reads points back and proves them. Reaches no database, and writes nothing. */
export const handler = workerHandler({
  [READ_WORKER]: worker({
    task: readTask,
    facts: ({ point, lane }) => ({ point, lane }),
    work: (log) =>
      readPointBack({
        openVault: () => openVault(stackVault(stack)),
        clock: machineClock,
        warn: (message) => log.warn(message),
      }),
  }),
});
