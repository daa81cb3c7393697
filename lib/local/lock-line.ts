import { Failure } from "../model/errors.ts";
import type { EpochMs } from "../model/units.ts";
import type { Retention } from "../ports/retained-store.ts";

/** Every line is as long, so that what follows begins at the same byte of every file. */
export const LOCK_BYTES = 128;

/** What a file of a directory's archive begins with. */
export interface Lock {
  readonly version: string;
  readonly retention: Retention;
}

const LINE =
  /^lastgood-retained 1 (?<version>[0-9a-f]{32}) (?:(?<none>none)|(?<mode>governance|compliance) (?<until>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)) *\n$/;

/**
 * `lastgood-retained 1 <version> governance 2036-11-21T00:00:00Z`, then spaces and a line feed: text, so that
 * `tail --bytes=+129 <file>` gives the object to whoever has no Lastgood. The date is rounded up to a second.
 */
export const lockLine = ({ version, retention }: Lock): Buffer => {
  const lock = retention.mode === "none" ? "none" : `${retention.mode} ${second(retention.until)}`;
  return Buffer.from(`${`lastgood-retained 1 ${version} ${lock}`.padEnd(LOCK_BYTES - 1)}\n`, "latin1");
};

/** @throws OBJECT_CORRUPT if the file is none of ours, or its line is damaged: nobody may then say that nothing locks it */
export const readLockLine = (name: string, line: Uint8Array): Lock => {
  const { version, none, mode, until } = LINE.exec(Buffer.from(line).toString("latin1"))?.groups ?? {};
  if (version === undefined || line.length !== LOCK_BYTES) {
    throw new Failure("OBJECT_CORRUPT", `${name} does not begin with the line that says what locks it`, {
      hint: "put the file back from a copy of the vault, or move it out of the archive if Lastgood did not write it",
    });
  }
  if (none !== undefined) return { version, retention: { mode: "none" } };
  return { version, retention: { mode: mode as "governance" | "compliance", until: Date.parse(until ?? "") } };
};

const second = (until: EpochMs): string => new Date(Math.ceil(until / 1000) * 1000).toISOString().replace(".000Z", "Z");
