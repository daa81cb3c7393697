import { EXIT } from "../../lib/model/errors.ts";
import { archiveSqlEntry, archiveToSql } from "../../lib/operations/archive.ts";
import { recorded } from "../../lib/operations/audit.ts";
import { ARCHIVE_NOUN, archiveVaultOf } from "../archive.ts";
import { formatBytes, formatNumber } from "../format.ts";
import { writeNewFile } from "../new-file.ts";
import { fileWord } from "../next-command.ts";
import { withVaultOptions } from "../options.ts";
import { type AddCommand, nounOf } from "../program.ts";

const EXAMPLES = `
Examples:
  lastgood archive restore shop/2026-11-01 --out shop.sql
  lastgood archive restore shop/2026-11-01 --class financial --table public.orders --out orders.sql

The file is one transaction for psql and an empty database. README.txt in the archive says how to do without Lastgood.`;

const PRIVATE = 0o600;

export const addArchiveRestore: AddCommand = (program, act) => {
  withVaultOptions(
    nounOf(program, "archive", ARCHIVE_NOUN)
      .command("restore")
      .description("write an archive as one stream of SQL that psql loads")
      .argument("<archive>", "an archive as list names it")
      .option("--class <name...>", "only these classes (default: all that are there)")
      .option("--table <schema.name...>", "only these tables")
      .requiredOption("--out <file>", "write here, for the owner's eyes only; an existing file is kept"),
  )
    .addHelpText("after", EXAMPLES)
    .action(
      act(async (session, id, options) => {
        const { vault, archive, world, audit } = await archiveVaultOf(session, options);
        const { signal } = session;
        const own = { vault, archive, clock: world.clock, progress: session.progress.report, signal };
        const wanted = { id, classes: options.class ?? [] };
        const run = () =>
          writeNewFile(options.out, (write) => archiveToSql({ ...own, write }, wanted, options.table ?? []), PRIVATE);
        const report = await recorded(audit, { act: "restore", point: id, signal }, run, (made) =>
          archiveSqlEntry(wanted, made),
        );
        session.progress.finish();
        session.output.result("archive.restore", { archive: id, out: options.out, ...report }, () => [
          `wrote ${options.out}: ${formatNumber(report.tables, "table")}, ${formatNumber(report.rows, "row")}, ${formatBytes(report.bytes)}`,
          `next: createdb restored && psql -X -q -v ON_ERROR_STOP=1 -f ${fileWord(options.out)} restored`,
        ]);
        return EXIT.ok;
      }),
    );
};
