import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, test } from "vitest";
import { memoryStore } from "../../lib/local/memory-store.ts";
import type { AuditEntry } from "../../lib/model/audit.ts";
import type { AuditHead } from "../../lib/model/audit-head.ts";
import { type AuditWorld, appendRecord } from "../../lib/operations/audit.ts";
import { signHead } from "../../lib/operations/evidence.ts";
import type { ObjectStore } from "../../lib/ports/object-store.ts";
import { namesIn } from "../engine/memory-vault.ts";
import { manualClock } from "../faults/manual-clock.ts";
import { PUBLIC_KEY, problemsOf, SIGNER } from "./evidence-world.ts";

const DIRECTORY = new URL("../golden/evidence-1/", import.meta.url);

/** `contents.txt` lists the objects, so that one that is missing shows. */
const contents = fileURLToPath(new URL("contents.txt", DIRECTORY));
/** The suffix keeps tools from formatting what looks like JSON. */
const file = (name: string): string => fileURLToPath(new URL(`${name}.golden`, DIRECTORY));

/** One of each outcome, with what JSON is written in several ways elsewhere. */
const ENTRIES: readonly AuditEntry[] = [
  {
    outcome: "done",
    act: "policy",
    sha256: "00",
    policy: { "\u20ac": 1, "10": [1.5, 1e21, -0, null], "9": "Grüße\n\u{1f600}", left: undefined },
  },
  { outcome: "failed", act: "capture", code: "SOURCE_MOVED", database: "shop" },
  { outcome: "refused", act: "restore", code: "PLAN_STALE", point: "20261120T160000Z-3f9a1c" },
  {
    outcome: "done",
    act: "expire",
    database: "shop",
    part: { store: "hot", id: "20261120T160000Z-3f9a1c", class: "personal" },
    tier: "hot",
    startedAt: 1,
    deadline: 3,
    keyShredded: true,
    objectsDeleted: 4,
    objectsLeft: 0,
    lookedAt: 2,
    marginMs: 1,
  },
];

const writeGoldenEvidence = async (): Promise<ObjectStore> => {
  const clock = manualClock(Date.UTC(2026, 10, 20, 16));
  const world: AuditWorld = { evidence: memoryStore(clock), vaultId: "0011223344556677", clock, actor: "ada" };
  for (const entry of ENTRIES) {
    await clock.advance(60_000);
    await appendRecord(world, entry);
    if (entry.outcome === "refused") await signHead(world, SIGNER);
  }
  await signHead(world, SIGNER);
  return world.evidence;
};

const fromFiles = async (): Promise<ObjectStore> => {
  const store = memoryStore(manualClock());
  for (const name of (await readFile(contents, "utf8")).trim().split("\n"))
    await store.put(name, [await readFile(file(name))]);
  return store;
};

// A change of these bytes needs a new format number and a decision record; then, and only then, run with GOLDEN=write.
beforeAll(async () => {
  if (process.env["GOLDEN"] !== "write") return;
  const store = await writeGoldenEvidence();
  const names = await namesIn(store);
  for (const name of names) {
    await mkdir(dirname(file(name)), { recursive: true });
    await writeFile(file(name), (await store.get(name)) ?? "");
  }
  await writeFile(contents, `${names.join("\n")}\n`);
  await writeFile(file("public.pem"), PUBLIC_KEY);
});

test("today's code verifies the golden evidence by the key that was kept with it", async () => {
  const publicKey = await readFile(file("public.pem"), "utf8");
  expect(await problemsOf(await fromFiles(), { publicKey })).toEqual([]);
});

test("today's code writes the golden records again byte for byte, and heads that differ in their signatures alone", async () => {
  const [golden, today] = [await fromFiles(), await writeGoldenEvidence()];
  const names = await namesIn(golden);
  expect(await namesIn(today)).toEqual(names);
  expect(names.filter((name) => name.startsWith("chain/"))).toHaveLength(ENTRIES.length);
  const headOf = async (store: ObjectStore, name: string): Promise<object> => {
    const [line = ""] = ((await store.get(name)) as Buffer).toString("utf8").split("\n");
    const { signature, ...head } = JSON.parse(line) as AuditHead;
    return { ...head, keyId: signature.keyId };
  };
  for (const name of names)
    if (name.startsWith("heads/")) expect(await headOf(today, name)).toEqual(await headOf(golden, name));
    else expect((await today.get(name))?.toString("utf8"), name).toBe((await golden.get(name))?.toString("utf8"));
});
