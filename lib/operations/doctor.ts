import { listIntents } from "../engine/intent.ts";
import { listPoints } from "../engine/points.ts";
import { isRestoreIntent } from "../engine/restore/hold-pages.ts";
import { shreddedKeysThatStand } from "../engine/shred.ts";
import type { Vault } from "../engine/vault.ts";
import { isFailure } from "../model/errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { SourceDatabase } from "../ports/source-database.ts";

/** One thing the doctor looked at. */
export interface Finding {
  readonly verdict: "ok" | "warning" | "problem";
  readonly what: string;
  /** The command or act that mends it; empty where there is nothing to do. */
  readonly fix: string;
}

/** Tables named in one finding. */
const NAMES_MAX = 5;

/**
 * Looks at a database and a vault the way a capture will, and changes nothing.
 * @returns findings in the order they were made; a problem means that a capture would fail
 */
export const examine = async (world: {
  readonly source: SourceDatabase | undefined;
  /** Opened by the call, so that a vault that cannot be opened is a finding too. Gives undefined where none was made yet. */
  readonly openVault: (() => Promise<Vault | undefined>) | undefined;
  readonly clock: Clock;
}): Promise<readonly Finding[]> => [
  ...(world.source === undefined ? [] : await findings(() => examineDatabase(world.source as SourceDatabase))),
  ...(world.openVault === undefined
    ? []
    : await findings(() => examineVault(world.openVault as () => Promise<Vault | undefined>, world.clock))),
];

const findings = async (look: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> => {
  try {
    return await look();
  } catch (error) {
    if (!isFailure(error)) throw error;
    return [{ verdict: "problem", what: error.message, fix: error.hint }];
  }
};

const examineDatabase = async (source: SourceDatabase): Promise<readonly Finding[]> => {
  await using view = await source.openView();
  const { identity } = view;
  const tables = (await view.tables()).map((table) => table.facts);
  const version = `${Math.floor(identity.serverVersion / 10_000)}.${identity.serverVersion % 10_000}`;
  const found: Finding[] = [
    ok(
      `database ${source.database}: PostgreSQL ${version}, ${identity.encoding}, ${identity.standby ? "standby" : "primary"}`,
    ),
  ];
  for (const problem of await view.preflight(tables))
    found.push({ verdict: "problem", what: problem, fix: "GRANT SELECT on it to the role of --database" });
  const keyless = tables.filter((table) => table.key === undefined).map((table) => `${table.schema}.${table.name}`);
  found.push(
    keyless.length === 0
      ? ok(`tables without a primary key: none of ${tables.length}`)
      : warning(
          `tables without a primary key, which are read whole every time: ${keyless.length} of ${tables.length} (${some(keyless)})`,
          "ALTER TABLE ... ADD PRIMARY KEY (...)",
        ),
  );
  const { uncovered } = await view.schema();
  for (const { kind, count, names } of uncovered)
    found.push(warning(`not in a point: ${kind}: ${count} (${some(names)})`, "keep them in your migrations"));
  return found;
};

const examineVault = async (openVault: () => Promise<Vault | undefined>, clock: Clock): Promise<readonly Finding[]> => {
  const vault = await openVault();
  if (vault === undefined)
    return [
      warning("no vault yet: the first capture makes it", "run lastgood capture, or check --vault if there is one"),
    ];
  const points = await listPoints(vault.hot);
  const found: Finding[] = [
    ok(`vault ${vault.id} opens with this key file and holds ${counted(points.length, "point")}`),
  ];
  const dead = (await listIntents(vault.hot)).filter(
    (intent) => intent.leaseUntil <= clock.now() && !isRestoreIntent(intent),
  );
  const standing: string[] = [];
  for await (const name of shreddedKeysThatStand(vault.stores.keys)) standing.push(name);
  if (standing.length > 0)
    found.push(
      warning(
        `${counted(standing.length, "destroyed key")} there again, as after a backup of the key store was put back: ${some(standing)}`,
        "run lastgood expire run, which destroys them again",
      ),
    );
  if (dead.length > 0)
    found.push(
      warning(
        `${counted(dead.length, "capture")} died and left pages: ${some(dead.map((intent) => intent.id))}`,
        "run lastgood capture again: it takes the pages over",
      ),
    );
  return found;
};

const ok = (what: string): Finding => ({ verdict: "ok", what, fix: "" });
const warning = (what: string, fix: string): Finding => ({ verdict: "warning", what, fix });

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;

const some = (names: readonly string[]): string =>
  names.length <= NAMES_MAX
    ? names.join(", ")
    : `${names.slice(0, NAMES_MAX).join(", ")} and ${names.length - NAMES_MAX} more`;
