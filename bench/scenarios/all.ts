import type { ScenarioName } from "../options.ts";
import { first } from "./first.ts";
import { fold } from "./fold.ts";
import { layers } from "./layers.ts";
import { restore } from "./restore.ts";
import { retention } from "./retention.ts";
import type { Scenario } from "./scenario.ts";
import { second } from "./second.ts";

export const ALL: Readonly<Record<ScenarioName, Scenario>> = { first, second, restore, layers, fold, retention };
