import { EXIT } from "../../lib/model/errors.ts";
import { exportArchiveKey } from "../../lib/operations/archive.ts";
import { recorded } from "../../lib/operations/audit.ts";
import { ARCHIVE_NOUN, archiveVaultOf } from "../archive.ts";
import { writeNewFile } from "../new-file.ts";
import { withVaultOptions } from "../options.ts";
import { type AddCommand, nounOf } from "../program.ts";

const EXAMPLES = `
Examples:
  lastgood archive key shop/2026-11-01 --class financial --out data.key

Keep the file where Lastgood is not, and destroy every copy of it when the archive has to be gone. It is recorded that the key
was handed out, and by whom.`;

const PRIVATE = 0o600;

export const addArchiveKey: AddCommand = (program, act) => {
  withVaultOptions(
    nounOf(program, "archive", ARCHIVE_NOUN)
      .command("key")
      .description("hand out the data key of one class of an archive, to be kept where Lastgood is not")
      .argument("<archive>", "an archive as list names it")
      .requiredOption("--class <name>", "the class")
      .requiredOption("--out <file>", "write here, for the owner's eyes only; an existing file is kept"),
  )
    .addHelpText("after", EXAMPLES)
    .action(
      act(async (session, id, options) => {
        const { vault, archive, audit } = await archiveVaultOf(session, options);
        // Recorded before anybody has it: a process that dies in between has handed out nothing.
        const key = await recorded(
          audit,
          { act: "key export", point: id, signal: session.signal },
          () => exportArchiveKey({ vault, archive }, id, options.class),
          () => ({ outcome: "done", act: "key export", part: { store: "archive", id, class: options.class } }),
        );
        await writeNewFile(options.out, (write) => write(`${key}\n`), PRIVATE);
        session.output.note(
          "whoever has this file can read the archive, also when its key was destroyed here: from now on only deletion of all its objects, or of this file, proves that it is gone",
        );
        session.output.result("archive.key", { archive: id, class: options.class, out: options.out }, () => [
          `wrote the data key of archive ${id}, class ${options.class}, to ${options.out}`,
        ]);
        return EXIT.ok;
      }),
    );
};
