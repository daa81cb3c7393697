import { COMMANDS } from "./commands.ts";
import { processContext } from "./context.ts";
import { main } from "./program.ts";

// The status is set, not exited with, so that what is still being written to a pipe gets there.
process.exitCode = await main(process.argv.slice(2), processContext(), COMMANDS);
