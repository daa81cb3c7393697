import { sha256 } from "../engine/document.ts";
import type { HotCopyRequest, HotCopyResult } from "../model/hot-copy.ts";
import type { Workflow } from "../ports/workflow.ts";
import type { WorkflowStarter } from "../ports/workflow-starter.ts";
import type { CapturePoint } from "./capture-point.ts";
import { provePoint } from "./read-point.ts";

/** 64 is Lambda's limit; a later try adds `-` and its number. */
const NAME_CHARS_MAX = 60;
const DIGEST_CHARS = 10;

/**
 * Takes the hot copy of a database for a day and proves it by reading it back. The same day again is the same point.
 * @throws what capturing and readPointBack throw
 */
export const hotCopy = async (
  workflow: Workflow,
  world: { readonly capture: CapturePoint; readonly readers: number },
  { database, day }: HotCopyRequest,
): Promise<HotCopyResult> => {
  const taken = await world.capture(workflow, { tier: "hot", database, label: day });
  const { point, read } = await provePoint(workflow, world, taken.point);
  return { database, day, point, read };
};

/**
 * Starts the hot copy of a day, once, however often it is asked for.
 * @param attempt  from 2 on, to start another after the first failed for good
 */
export const startHotCopy = async (
  starter: WorkflowStarter,
  { database, day, attempt }: HotCopyRequest & { readonly attempt: number },
): Promise<{ readonly name: string; readonly started: "accepted" | "known" }> => {
  const name = hotCopyName(database, attempt === 1 ? day : `${day}-${attempt}`);
  return { name, started: await starter.start(name, { database, day }) };
};

/** The name under which a day's hot copy is executed, whoever asks for it. */
export const hotCopyName = (database: string, suffix: string): string => {
  const name = `hot-${database}-${suffix}`;
  if (name.length <= NAME_CHARS_MAX) return name;
  const digest = sha256(database).slice(0, DIGEST_CHARS);
  const room = NAME_CHARS_MAX - `hot---${digest}${suffix}`.length;
  return `hot-${database.slice(0, room)}-${digest}-${suffix}`;
};
