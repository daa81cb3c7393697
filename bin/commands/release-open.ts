import { EXIT, Failure } from "../../lib/model/errors.ts";
import type { ReleaseReceipt, ReleaseRequest } from "../../lib/model/release.ts";
import { openReleaseOnStack } from "../../lib/operations/act-on-stack.ts";
import { recorded } from "../../lib/operations/audit.ts";
import { captureHere } from "../../lib/operations/capture-point.ts";
import { recordPolicy, releaseEntries } from "../../lib/operations/entries.ts";
import { READ_WORKER, readPointBack } from "../../lib/operations/read-point.ts";
import { findReceipt } from "../../lib/operations/receipt.ts";
import { openRelease } from "../../lib/operations/release.ts";
import { localSource, localWorkflow } from "../../lib/wiring/local.ts";
import { openNamedStack } from "../../lib/wiring/vault-place.ts";
import { claimLines } from "../claims.ts";
import { formatBytes, formatDuration, formatInstant, formatNumber } from "../format.ts";
import { openLanes } from "../lanes.ts";
import { databaseOption, jobsOption, resolveDatabase, withVaultOptions } from "../options.ts";
import { databaseBy, policyIn } from "../policy.ts";
import { type AddCommand, nounOf } from "../program.ts";
import type { Session } from "../session.ts";
import { localVaultOf, stackOf, type VaultFlags } from "../vault.ts";
import { waitingIn } from "../waiting.ts";

const EXAMPLES = `
Examples:
  lastgood release open 2026.11.3 --commit 4f2c1d9 --database postgres://app@localhost/shop
  lastgood release open 2026.11.3 --commit 4f2c1d9 --database shop --vault aws:Backups

Let the deploy wait for status 0: the point is then in the vault, and all of it was read back. The same release and commit
again give the same receipt at once; another commit is refused.`;

export const addReleaseOpen: AddCommand = (program, act) => {
  withVaultOptions(
    nounOf(program, "release", "points that a deploy waits for")
      .command("open")
      .description("take the point of a release, prove it by reading it back, and give a receipt")
      .argument("<release>", "its id: a tag or a build number")
      .requiredOption("--commit <hash>", "the commit it stands for, now and always")
      .option("--policy <file>", "keep each data class in a part of its own, as captures by this policy do")
      .addOption(databaseOption()),
  )
    .addOption(jobsOption())
    .addHelpText("after", EXAMPLES)
    .action(
      act(async (session, release, options) => {
        const stack = stackOf(session, options);
        if (stack === undefined) await openHere(session, release, options);
        else {
          const request = { release, commit: options.commit, database: databaseOf(session, options) };
          show(session, await openOn(stack, session, request, options));
        }
        return EXIT.ok;
      }),
    );
};

interface Options extends VaultFlags {
  readonly commit: string;
  readonly database?: string | undefined;
  readonly policy?: string | undefined;
  readonly jobs?: number | undefined;
}

const databaseOf = ({ env }: Session, { database }: Options): string => resolveDatabase(env, database);

const show = (session: Session, receipt: ReleaseReceipt): ReleaseReceipt => {
  session.progress.finish();
  session.output.result("release.open", { receipt }, () => receiptLines(receipt));
  return receipt;
};

const openHere = async (session: Session, release: string, options: Options): Promise<ReleaseReceipt> => {
  const { policy: file } = options;
  const policy = file === undefined ? undefined : await policyIn(file);
  const databaseUrl = databaseBy(session.env, policy, options.database);
  const source = await localSource(databaseUrl);
  const { place, world, vault, audit } = await localVaultOf(session, options, "create");
  const { clock, keys } = world;
  const warn = session.output.note;
  const capture = captureHere({
    vault,
    source,
    policy,
    clock,
    openLanes: (opening) => openLanes(options.jobs, { kind: "copy", vault: place, databaseUrl, act: opening }),
    progress: session.progress.report,
    warn,
    signal: session.signal,
  });
  const read = readPointBack({ openVault: () => Promise.resolve(vault), clock, warn });
  if (policy !== undefined) await recordPolicy(audit, policy);
  const { signal } = session;
  const { database } = source;
  const opened = await findReceipt(world.evidence, { database, release });
  const run = async (): Promise<ReleaseReceipt> =>
    show(
      session,
      await openRelease(
        localWorkflow({ [READ_WORKER]: read }, signal),
        { evidence: world.evidence, clock, capture, readers: 1, signer: keys },
        { database, release, commit: options.commit },
      ),
    );
  // A receipt that is shown again is no act; asked for with another commit it is refused, and that is one.
  const entries = (receipt: ReleaseReceipt) => (opened === undefined ? releaseEntries(vault, receipt) : []);
  return recorded(audit, { act: "release", database, signal }, run, entries);
};

const openOn = async (
  stack: string,
  session: Session,
  request: ReleaseRequest,
  { policy, jobs }: Options,
): Promise<ReleaseReceipt> => {
  for (const [flag, value] of Object.entries({ policy, jobs }))
    if (value !== undefined) throw new Failure("USAGE", `--${flag} does not go with the vault of a stack`);
  const { releases, environment } = await openNamedStack(stack);
  environment.database(request.database);
  return openReleaseOnStack(releases, request, waitingIn(session));
};

const receiptLines = (receipt: ReleaseReceipt): readonly string[] => {
  const { point, instanceSnapshot, proof } = receipt;
  return [
    `release ${receipt.release} of ${receipt.database} is open, for commit ${receipt.commit}`,
    `  point     ${point.id}: ${formatNumber(point.tables, "table")}, ${formatNumber(point.rows, "row")}, as of ${formatInstant(point.takenAt)}`,
    ...(instanceSnapshot === undefined
      ? []
      : [`  snapshot  ${instanceSnapshot.id}, until ${formatInstant(instanceSnapshot.expiresAt)}`]),
    `  read back ${formatNumber(proof.objects, "object")}, ${formatBytes(proof.bytes)}, ${formatNumber(proof.rows, "row")}`,
    ...claimLines(proof),
    `  took      ${formatDuration(receipt.finishedAt - receipt.startedAt)}${receipt.signature === undefined ? "" : `, signed by key ${receipt.signature.keyId.slice(0, 16)}`}`,
  ];
};
