import { readFile } from "node:fs/promises";
import { Argument } from "@commander-js/extra-typings";
import { Failure } from "../lib/model/errors.ts";

const POLICY_FILE = "lastgood.yaml";

export const policyArgument = () => new Argument("[file]", "the policy").default(POLICY_FILE);

/** @throws POLICY_INVALID  it cannot be read */
export const readPolicyFile = (file: string): Promise<string> =>
  readFile(file, "utf8").catch((cause: NodeJS.ErrnoException) => {
    throw new Failure("POLICY_INVALID", `policy ${file} cannot be read: ${cause.code ?? cause.message}`, {
      cause,
      hint: "give the command the policy's file; docs/guide/policy.md begins with one to copy",
    });
  });
