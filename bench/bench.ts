import type { Dataset } from "./dataset.ts";
import type { Command, Usage } from "./measure.ts";
import type { Options } from "./options.ts";
import type { Peers } from "./peers/all.ts";
import type { Reading } from "./results.ts";
import type { Server } from "./server.ts";

/** What a scenario works with. */
export interface Bench {
  readonly options: Options;
  readonly server: Server;
  /** The large data set, unchanged; made now unless an earlier scenario left it. */
  dataset(): Promise<Dataset>;
  readonly peers: Peers;
  measure(command: Command): Promise<Usage>;
  record(reading: Omit<Reading, "scenario">): void;
  /** Names something that was wanted and did not run. */
  skip(what: string, because: string): void;
  /** Something about how it was measured, for a note under the table. */
  note(text: string): void;
  say(text: string): void;
}
