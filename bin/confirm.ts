import { Option } from "@commander-js/extra-typings";
import { Failure } from "../lib/model/errors.ts";
import type { Session } from "./session.ts";

export const confirmOption = () =>
  new Option("--confirm <name>", "the target's name, in place of typing it when asked");

/**
 * Lets a severe act go on only if somebody gave the target's name: with --confirm, or typed when asked.
 * @param act  what will happen, for the question: `drop and rebuild table orders`
 * @param given  the value of --confirm; a wrong one is never asked about again
 * @throws NOT_CONFIRMED
 */
export const confirmByName = async (
  session: Session,
  { act, name, given }: { act: string; name: string; given?: string | undefined },
): Promise<void> => {
  const answer = given ?? (await session.ask(`This will ${act}.\nType ${name} to go on: `));
  if (answer === name) return;
  const reason =
    answer === undefined
      ? "nobody can be asked here"
      : `got ${JSON.stringify(answer)}, expected ${JSON.stringify(name)}`;
  throw new Failure("NOT_CONFIRMED", `not confirmed, nothing was changed: ${reason}`);
};
