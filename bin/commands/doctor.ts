import { EXIT, Failure } from "../../lib/model/errors.ts";
import { examine } from "../../lib/operations/doctor.ts";
import { localClock, localSource } from "../../lib/wiring/local.ts";
import { databaseOption, resolveDatabase, withVaultOptions } from "../options.ts";
import type { AddCommand } from "../program.ts";
import { vaultIfMade } from "../vault.ts";

export const addDoctor: AddCommand = (program, act) => {
  withVaultOptions(
    program
      .command("doctor")
      .description("look at a database and a vault the way a capture will; changes nothing")
      .addOption(databaseOption()),
  ).action(
    act(async (session, options) => {
      const { env } = session;
      const withDatabase = (options.database ?? env["LASTGOOD_DATABASE"] ?? "") !== "";
      const withVault = (options.vault ?? env["LASTGOOD_VAULT"] ?? "") !== "";
      if (!withDatabase && !withVault)
        throw new Failure("USAGE", "nothing to look at", { hint: "give --database, --vault and --keys, or both" });
      const findings = await examine({
        source: withDatabase ? await localSource(resolveDatabase(env, options.database)) : undefined,
        openVault: withVault ? () => vaultIfMade(session, options) : undefined,
        clock: localClock,
      });
      session.output.result("doctor", { findings }, () =>
        findings.flatMap(({ verdict, what, fix }) => [
          `${MARKS[verdict]} ${what}`,
          ...(fix === "" ? [] : [`    fix: ${fix}`]),
        ]),
      );
      return findings.some((finding) => finding.verdict === "problem") ? EXIT.refused : EXIT.ok;
    }),
  );
};

const MARKS = { ok: "ok     ", warning: "warning", problem: "problem" } as const;
