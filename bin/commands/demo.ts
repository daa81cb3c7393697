import { tellStory } from "../demo/story.ts";
import type { AddCommand } from "../program.ts";

export const addDemo: AddCommand = (program, act) => {
  program
    .command("demo")
    .description("see the main job end to end, on a PostgreSQL of its own; touches nothing else")
    .action(act((session) => tellStory(session)));
};
