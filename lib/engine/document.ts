import { createHash } from "node:crypto";
import { Failure } from "../model/errors.ts";

/** A clear document: one line of JSON, then `sha256:<hex of that line>`, then a newline. Any changed byte shows. */
export const encodeDocument = (value: object): Buffer => encodeLine(JSON.stringify(value));

/** The same for a value whose line is made already: its canonical JSON. */
export const encodeLine = (line: string): Buffer => Buffer.from(`${line}\nsha256:${sha256(line)}\n`, "utf8");

/**
 * @throws OBJECT_CORRUPT  naming the object
 * @throws VAULT_TOO_NEW  the document's format is later than `formatNewest`
 */
export const decodeDocument = <T extends { readonly format: number }>(
  name: string,
  bytes: Buffer,
  formatNewest: number,
): T => {
  const end = bytes.indexOf(0x0a);
  const line = bytes.subarray(0, Math.max(0, end));
  if (end < 0 || !bytes.subarray(end).equals(Buffer.from(`\nsha256:${sha256(line)}\n`, "latin1")))
    throw new Failure("OBJECT_CORRUPT", `object ${name} is damaged: its digest does not hold`, {
      facts: { object: name },
    });
  const value = JSON.parse(line.toString("utf8")) as T;
  if (value.format > formatNewest)
    throw new Failure(
      "VAULT_TOO_NEW",
      `object ${name} has format ${value.format}, this Lastgood reads up to ${formatNewest}`,
    );
  return value;
};

export const sha256 = (bytes: string | Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
