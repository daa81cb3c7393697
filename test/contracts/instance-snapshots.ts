import { describe, expect, test } from "vitest";
import type { DatabaseInstance, InstanceSnapshots, SnapshotRequest } from "../../lib/ports/instance-snapshots.ts";

/** Two openings of one provider, as two processes would have them, with two servers and nothing else there. */
export interface SnapshotWorld {
  readonly snapshots: InstanceSnapshots;
  readonly other: InstanceSnapshots;
  readonly instance: DatabaseInstance;
  readonly second: DatabaseInstance;
  /** Waits until no snapshot is being made any more. */
  readonly settle: () => Promise<void>;
  /** Identifiers of all snapshots of the kind that the provider has. */
  readonly ids: () => Promise<readonly string[]>;
  /** A snapshot that somebody took by hand. */
  readonly takeByHand: (instance: DatabaseInstance, id: string) => Promise<void>;
}

const RACERS = 6;
const EXPIRES_AT = Date.UTC(2026, 11, 24, 16);
const ABSENT_ID = "lastgood-orders-r1-00000000000000000000";

/** The prose of lib/ports/instance-snapshots.ts as tests, for one kind of server. */
export function instanceSnapshotsContract(name: string, factory: () => Promise<SnapshotWorld>): void {
  const request = (instance: DatabaseInstance, over: Partial<SnapshotRequest> = {}): SnapshotRequest => ({
    instance,
    release: "2026.11.3",
    commit: "4f2c1d9",
    expiresAt: EXPIRES_AT,
    ...over,
  });

  describe(`instance snapshots contract: ${name}`, () => {
    test("a snapshot that was started becomes available, and every process sees whose it is", async () => {
      const { snapshots, other, instance, settle } = await factory();
      const started = await snapshots.start(request(instance));
      expect(started).toMatchObject({ release: "2026.11.3", commit: "4f2c1d9", expiresAt: EXPIRES_AT });
      expect(started.arn).toContain(started.id);
      await settle();
      for (const reader of [snapshots, other]) {
        expect(await reader.describe(instance, started.id)).toMatchObject({
          id: started.id,
          arn: started.arn,
          status: "available",
          percent: 100,
          release: "2026.11.3",
          commit: "4f2c1d9",
        });
      }
    });

    test("starting the same release and commit again adopts the snapshot, made or in the making", async () => {
      const { snapshots, other, instance, settle, ids } = await factory();
      const { id, arn } = await snapshots.start(request(instance));
      expect(await other.start(request(instance))).toMatchObject({ id, arn });
      await settle();
      expect(await other.start(request(instance))).toMatchObject({ id, arn, status: "available" });
      expect(await ids()).toEqual([id]);
    });

    test("an adopted snapshot keeps its first expiry, whatever the second start asks for", async () => {
      const { snapshots, other, instance } = await factory();
      const { id } = await snapshots.start(request(instance));
      for (const expiresAt of [EXPIRES_AT - 1, EXPIRES_AT + 1]) {
        const adopted = await other.start(request(instance, { expiresAt }));
        expect(adopted).toMatchObject({ id, expiresAt: EXPIRES_AT });
      }
      expect(await other.describe(instance, id)).toMatchObject({ expiresAt: EXPIRES_AT });
    });

    test("fails with RELEASE_TAKEN for another commit of the same release, and leaves the snapshot as it was", async () => {
      const { snapshots, other, instance, settle, ids } = await factory();
      const { id } = await snapshots.start(request(instance));
      const wrong = request(instance, { commit: "0000000" });
      await expect(other.start(wrong)).rejects.toMatchObject({ code: "RELEASE_TAKEN" });
      await settle();
      await expect(other.start(wrong)).rejects.toMatchObject({ code: "RELEASE_TAKEN" });
      expect(await snapshots.describe(instance, id)).toMatchObject({ commit: "4f2c1d9", status: "available" });
      expect(await ids()).toEqual([id]);
    });

    test("racing starts of one release and commit make one snapshot, and all of them get it", async () => {
      const { snapshots, other, instance, ids } = await factory();
      const racers = Array.from({ length: RACERS }, (_, index) =>
        (index % 2 === 0 ? snapshots : other).start(request(instance)),
      );
      const got = new Set((await Promise.all(racers)).map(({ id }) => id));
      expect([...got]).toEqual(await ids());
    });

    test("of racing starts of one release by two commits exactly one commit wins", async () => {
      const { snapshots, other, instance, ids } = await factory();
      const commits = Array.from({ length: RACERS }, (_, index) => (index % 2 === 0 ? "aaaaaaa" : "bbbbbbb"));
      const ends = await Promise.allSettled(
        commits.map((commit, index) => (index < 3 ? snapshots : other).start(request(instance, { commit }))),
      );
      const won = ends.flatMap((end) => (end.status === "fulfilled" ? [end.value.commit] : []));
      const lost = ends.flatMap((end) => (end.status === "rejected" ? [end.reason as unknown] : []));
      expect(new Set(won).size).toBe(1);
      expect(won).toHaveLength(RACERS / 2);
      for (const reason of lost) expect(reason).toMatchObject({ code: "RELEASE_TAKEN" });
      expect(await ids()).toHaveLength(1);
    });

    test("releases that look alike have snapshots of their own", async () => {
      const { snapshots, instance, settle, ids } = await factory();
      const alike = [
        "v1.2",
        "V1.2",
        "v1-2",
        "v1.2 ",
        "v1_2",
        "v12",
        "1.2",
        `v1.2${"0".repeat(60)}`,
        `v1.2${"0".repeat(61)}`,
      ];
      const made = new Set<string>();
      for (const release of alike) {
        const { id } = await snapshots.start(request(instance, { release }));
        made.add(id);
        await settle();
        expect(await snapshots.describe(instance, id)).toMatchObject({ release });
      }
      expect(made.size).toBe(alike.length);
      expect([...made].toSorted()).toEqual([...(await ids())].toSorted());
    });

    test("two servers have snapshots of one release side by side", async () => {
      const { snapshots, instance, second, settle, ids } = await factory();
      const one = await snapshots.start(request(instance));
      const two = await snapshots.start(request(second, { commit: "bbbbbbb" }));
      await settle();
      expect(await snapshots.describe(instance, one.id)).toMatchObject({ commit: "4f2c1d9" });
      expect(await snapshots.describe(second, two.id)).toMatchObject({ commit: "bbbbbbb" });
      expect(await ids()).toHaveLength(2);
    });

    test("a server's name in capitals is the same server", async () => {
      const { snapshots, instance, ids } = await factory();
      const { id } = await snapshots.start(request(instance));
      const shouted = { ...instance, id: instance.id.toUpperCase() };
      expect(await snapshots.start(request(shouted))).toMatchObject({ id });
      expect(await ids()).toEqual([id]);
    });

    test.each([
      ["with signs and umlauts", "feature/ü ß (hot fix) #1, 100 % = done", "refs/heads/main@{0}"],
      ["that look like a provider's own tags", "aws:release", "rds:commit"],
      ["that look escaped", "=3D", "="],
      ["of white space and emoji", " ", "\u{1F680}\n"],
      ["of 256 characters", "a".repeat(256), "f".repeat(256)],
    ])("a release and a commit %s come back as they were given", async (_, release, commit) => {
      const { snapshots, other, instance, settle } = await factory();
      const { id } = await snapshots.start(request(instance, { release, commit }));
      await settle();
      expect(await other.describe(instance, id)).toMatchObject({ release, commit });
      expect(await other.start(request(instance, { release, commit }))).toMatchObject({ id });
    });

    test("fails with INSTANCE_NOT_FOUND for a server that is not there", async () => {
      const { snapshots, instance, ids } = await factory();
      const nobody = { ...instance, id: `${instance.id}-gone` };
      await expect(snapshots.start(request(nobody))).rejects.toMatchObject({ code: "INSTANCE_NOT_FOUND" });
      expect(await ids()).toEqual([]);
    });

    test("a snapshot that is not there is undefined, and deleting it says absent", async () => {
      const { snapshots, instance } = await factory();
      expect(await snapshots.describe(instance, ABSENT_ID)).toBeUndefined();
      expect(await snapshots.delete(instance, ABSENT_ID)).toBe("absent");
    });

    test("a deleted snapshot is gone for everybody, and its release may be started again", async () => {
      const { snapshots, other, instance, settle, ids } = await factory();
      const { id } = await snapshots.start(request(instance));
      await settle();
      expect(await other.delete(instance, id)).toBe("deleted");
      await settle();
      expect(await snapshots.describe(instance, id)).toBeUndefined();
      expect(await snapshots.delete(instance, id)).toBe("absent");
      expect(await snapshots.start(request(instance, { commit: "bbbbbbb" }))).toMatchObject({ id, commit: "bbbbbbb" });
      expect(await ids()).toEqual([id]);
    });

    test("fails with SNAPSHOT_NOT_OURS for a snapshot taken by hand, and does not delete it", async () => {
      const { snapshots, instance, takeByHand, ids } = await factory();
      await takeByHand(instance, "before-the-audit");
      const refused = { code: "SNAPSHOT_NOT_OURS" };
      await expect(snapshots.describe(instance, "before-the-audit")).rejects.toMatchObject(refused);
      await expect(snapshots.delete(instance, "before-the-audit")).rejects.toMatchObject(refused);
      expect(await ids()).toEqual(["before-the-audit"]);
    });

    test("fails with SNAPSHOT_NOT_OURS where somebody took a snapshot by hand under a release's id", async () => {
      const { snapshots, instance, takeByHand, settle } = await factory();
      const { id } = await snapshots.start(request(instance));
      await settle();
      await snapshots.delete(instance, id);
      await settle();
      await takeByHand(instance, id);
      await expect(snapshots.start(request(instance))).rejects.toMatchObject({ code: "SNAPSHOT_NOT_OURS" });
    });
  });
}
