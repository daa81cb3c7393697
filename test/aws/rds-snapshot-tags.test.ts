import fc from "fast-check";
import { expect, test } from "vitest";
import { snapshotId, tagsOf, takenFor } from "../../lib/aws/rds-snapshot-tags.ts";

const kind = fc.constantFrom("instance" as const, "cluster" as const);
const instance = fc.record({ kind, id: fc.stringMatching(/^[a-z]([a-z0-9]|-[a-z0-9]){0,30}$/) });
const release = fc.oneof(
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }),
  fc.constantFrom("v1.2.3", "V1.2.3", "--", "-a-", "aws:x", "RDS:x", "x".repeat(250)),
);
const EXPIRES_AT = Date.UTC(2026, 11, 24);

test("an identifier keeps RDS's rules for DB cluster snapshots, the stricter ones, whatever the release is called", () => {
  fc.assert(
    fc.property(instance, release, (server, name) => {
      const id = snapshotId(server, name);
      // API_CreateDBClusterSnapshot.html: 1 to 63 letters, digits or hyphens; begins with a letter; no hyphen at its
      // end, no two in a row.
      expect(id).toMatch(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/);
      expect(id.length).toBeLessThanOrEqual(63);
      expect(id).toMatch(/^lastgood-/);
    }),
  );
});

test("an identifier is the same for the same server and release, and another for any other", () => {
  fc.assert(
    fc.property(instance, release, instance, release, (one, a, two, b) => {
      const same = one.kind === two.kind && one.id === two.id && a === b;
      expect(snapshotId(one, a) === snapshotId(two, b)).toBe(same);
      expect(snapshotId({ ...one }, a)).toBe(snapshotId(one, a));
    }),
  );
});

test("an identifier does not change between versions of Lastgood", () => {
  // Or a release opened by one version would not be adopted by the next.
  expect(snapshotId({ kind: "instance", id: "orders" }, "2026.11.3")).toBe(
    "lastgood-orders-2026-11-3-268167328d76113577da",
  );
});

test("tags keep RDS's rules and give release and commit back, whatever they are", () => {
  fc.assert(
    fc.property(instance, release, release, (server, name, commit) => {
      const tags = tagsOf({ instance: server, release: name, commit, expiresAt: EXPIRES_AT });
      for (const { Key = "", Value = "" } of tags) {
        expect(Key).toMatch(/^lastgood:[a-z]+$/);
        // API_Tag.html, without the letters and spaces of other scripts.
        expect(Value).toMatch(/^(?!aws:|rds:)[A-Za-z0-9_.:/=+@-]{1,256}$/i);
      }
      expect(takenFor(tags)).toEqual({ release: name, commit, expiresAt: EXPIRES_AT });
    }),
  );
});

test("tags of others beside ours do not matter, and without one of ours a snapshot is not ours", () => {
  const tags = tagsOf({ instance: { kind: "cluster", id: "c" }, release: "r", commit: "c", expiresAt: EXPIRES_AT });
  expect(takenFor([{ Key: "team", Value: "x" }, ...tags, {}])).toMatchObject({ release: "r", commit: "c" });
  expect(takenFor([])).toBeUndefined();
  for (const missing of ["lastgood:release", "lastgood:commit", "lastgood:expires"]) {
    expect(takenFor(tags.filter(({ Key }) => Key !== missing))).toBeUndefined();
  }
});

test.each([
  ["an empty release", { release: "" }],
  ["an empty commit", { commit: "" }],
  ["a release of 257 characters", { release: "x".repeat(257) }],
  ["a commit of 86 spaces, each written as three characters", { commit: " ".repeat(86) }],
])("fails with USAGE for %s", (_, over) => {
  const request = { instance: { kind: "instance", id: "orders" }, release: "r", commit: "c", ...over } as const;
  expect(() => tagsOf({ ...request, expiresAt: EXPIRES_AT })).toThrow(expect.objectContaining({ code: "USAGE" }));
});
