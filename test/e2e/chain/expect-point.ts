import { expect } from "vitest";
import { query } from "../../postgres.ts";
import { rebuiltState } from "./rebuild.ts";
import type { Subject, TakenPoint, TakeOptions } from "./subject.ts";

/** Takes a point and holds it to what the witness saw. */
export const takeExactly = async (subject: Subject, url: string, options?: TakeOptions): Promise<TakenPoint> => {
  const taken = await subject.take(url, options);
  await expectExactly(subject, url, taken);
  return taken;
};

/** The point, rebuilt in another database of the same server, is what the witness saw in its snapshot. */
export const expectExactly = async (subject: Subject, url: string, taken: TakenPoint): Promise<void> => {
  const { id } = taken.report.point;
  expect(await rebuiltState(subject.vault, id, url), `point ${id}`).toEqual(taken.seen);
};

/** How a table was taken: `delta`, or why not. */
export const howTaken = ({ report }: TakenPoint, table: string): string | undefined =>
  report.tables.find(({ name }) => name === table)?.taken;

/** Statements, one connection each, in order. */
export const run = async (url: string, ...statements: readonly string[]): Promise<void> => {
  for (const statement of statements) await query(url, statement);
};
