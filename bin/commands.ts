import { addCapture } from "./commands/capture.ts";
import { addCompletion } from "./commands/completion.ts";
import { addDoctor } from "./commands/doctor.ts";
import { addPointList } from "./commands/point-list.ts";
import { addPointShow } from "./commands/point-show.ts";
import type { AddCommand } from "./program.ts";

/** Every command there is, in the order of --help. */
export const COMMANDS: readonly AddCommand[] = [addCapture, addPointList, addPointShow, addDoctor, addCompletion];
