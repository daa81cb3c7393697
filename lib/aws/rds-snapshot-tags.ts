import { createHash } from "node:crypto";
import type { Tag } from "@aws-sdk/client-rds";
import { Failure } from "../model/errors.ts";
import type { DatabaseInstance, SnapshotRequest } from "../ports/instance-snapshots.ts";

/** Every identifier begins with it, so that a role can be held to `snapshot:lastgood-*` and `cluster-snapshot:lastgood-*`. */
export const SNAPSHOT_ID_PREFIX = "lastgood-";

/** Tags by which a snapshot is known to be ours. */
export const SNAPSHOT_TAGS = {
  release: "lastgood:release",
  commit: "lastgood:commit",
  /** ISO 8601, UTC. */
  expires: "lastgood:expires",
  database: "lastgood:database",
} as const;

// A DB snapshot may have 255 characters, a DB cluster snapshot 63
// (API_CreateDBSnapshot.html, API_CreateDBClusterSnapshot.html): the shorter holds for both.
const ID_CHARS_MAX = 63;
const DIGEST_CHARS = 20;
const WORD_CHARS_MAX = Math.floor((ID_CHARS_MAX - SNAPSHOT_ID_PREFIX.length - DIGEST_CHARS - 2) / 2);
const TAG_CHARS_MAX = 256;

/**
 * The identifier of a release's snapshot. The words in it are for people; the 80 bits of digest after them make it the
 * identifier of this instance and this release alone.
 * @returns letters, digits and single hyphens, begins with a letter, ends with none, at most 63
 */
export const snapshotId = (instance: DatabaseInstance, release: string): string => {
  // RDS does not tell ORDERS from orders; releases are told apart to the last bit.
  const database = instance.id.toLowerCase();
  const digest = createHash("sha256")
    .update(JSON.stringify([instance.kind, database, release]))
    .digest("hex");
  const words = [database, release].map(wordOf).filter((word) => word.length > 0);
  return `${SNAPSHOT_ID_PREFIX}${[...words, digest.slice(0, DIGEST_CHARS)].join("-")}`;
};

const wordOf = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .slice(0, WORD_CHARS_MAX)
    .replaceAll(/^-|-$/g, "");

/**
 * The tags of a request's snapshot.
 * @throws USAGE  a release or commit that is empty or too long for a tag
 */
export const tagsOf = ({ instance, release, commit, expiresAt }: SnapshotRequest): Tag[] => [
  { Key: SNAPSHOT_TAGS.release, Value: tagText("release", release) },
  { Key: SNAPSHOT_TAGS.commit, Value: tagText("commit", commit) },
  { Key: SNAPSHOT_TAGS.expires, Value: new Date(expiresAt).toISOString() },
  { Key: SNAPSHOT_TAGS.database, Value: tagText("instance id", instance.id.toLowerCase()) },
];

/** What a snapshot was taken for, and for how long. */
export type TakenFor = Pick<SnapshotRequest, "release" | "commit" | "expiresAt">;

/** What its tags say, or undefined if they do not: then it is not ours. */
export const takenFor = (tags: readonly Tag[]): TakenFor | undefined => {
  const release = valueOf(tags, SNAPSHOT_TAGS.release);
  const commit = valueOf(tags, SNAPSHOT_TAGS.commit);
  const expiresAt = Date.parse(valueOf(tags, SNAPSHOT_TAGS.expires) ?? "");
  if (release === undefined || commit === undefined || Number.isNaN(expiresAt)) return undefined;
  return { release, commit, expiresAt };
};

const valueOf = (tags: readonly Tag[], key: string): string | undefined => {
  const value = tags.find((tag) => tag.Key === key)?.Value;
  return value === undefined ? undefined : decode(value);
};

function tagText(what: string, text: string): string {
  const value = encode(text);
  if (value.length > 0 && value.length <= TAG_CHARS_MAX) return value;
  throw new Failure("USAGE", `a ${what} of ${value.length} characters does not fit a tag of 1 to ${TAG_CHARS_MAX}`, {
    hint: "use letters, digits and . _ : / + - @; any other character counts three times for each of its bytes",
  });
}

// A tag's value holds letters, digits, white space and _.:/=+-@ and does not begin with aws: or rds:
// (https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_Tag.html). Other bytes are written =XX, and so are
// white space and non-ASCII letters: nobody promises that those come back untrimmed and in the same normal form.
const encode = (text: string): string =>
  Buffer.from(text)
    .toString("latin1")
    .replaceAll(/[^A-Za-z0-9_.:/+@-]/g, hex)
    .replace(/^(aws|rds):/i, (prefix) => hex(prefix) + prefix.slice(1));

const hex = (char: string): string => `=${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;

const decode = (value: string): string =>
  Buffer.from(
    value.replaceAll(/=([0-9A-F]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16))),
    "latin1",
  ).toString();
