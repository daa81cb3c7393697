import {
  DeleteObjectCommand,
  GetObjectRetentionCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandInput,
  type S3Client,
} from "@aws-sdk/client-s3";
import { checkRange } from "../model/byte-range.ts";
import { Failure } from "../model/errors.ts";
import { checkObjectName, checkObjectPrefix, isObjectSegment } from "../model/object-name.ts";
import type { Clock } from "../ports/clock.ts";
import type { RetainedFacts, RetainedStore, Retention } from "../ports/retained-store.ts";
import { cloudErrorName, cloudErrorStatus } from "./cloud-failure.ts";
import { type Lock, S3Bucket, toSecond } from "./s3-bucket.ts";

/**
 * The store in a bucket with versions and Object Lock.
 *
 * A bucket with a retention of its own by default (lib/cdk/vault.ts: one day) locks what is put with `none` too, by that: a delete
 * before it is OBJECT_RETAINED, and `retention` tells its date. One whose policy refuses a mode or a date refuses the put.
 *
 * Rights on its objects: s3:PutObject and s3:PutObjectRetention to put, s3:GetObjectVersion to get, s3:GetObjectRetention for
 * dates, s3:DeleteObjectVersion to delete; on the bucket s3:ListBucket and s3:ListBucketVersions.
 * @param client  with the settings of s3-calls.ts
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
 */
export function s3RetainedStore(client: S3Client, bucketName: string, clock: Clock): RetainedStore {
  const bucket = new S3Bucket(client, bucketName, clock);
  const id = (name: string, version: string) => ({ Bucket: bucketName, Key: name, VersionId: version });

  /** One page of the versions of all names that start with a prefix: names in byte order, the latest of a name first. */
  const page = async (input: Omit<ListObjectVersionsCommandInput, "Bucket">) => {
    const answer = await client.send(new ListObjectVersionsCommand({ Bucket: bucketName, ...input }));
    const found = (answer.Versions ?? []).map(
      ({ Key = "", VersionId = "", Size = 0, LastModified }): RetainedFacts => ({
        name: Key,
        version: VersionId,
        bytes: Size,
        writtenAt: toSecond(LastModified),
      }),
    );
    const next = { KeyMarker: answer.NextKeyMarker, VersionIdMarker: answer.NextVersionIdMarker };
    return { found, next: answer.IsTruncated === true ? next : undefined };
  };

  const versionsOf = async (name: string): Promise<string[]> => {
    const versions: string[] = [];
    // The name itself comes first of all names that start with it, so that others are seen only after its last version.
    for (let next: Marker | undefined = {}; next !== undefined; ) {
      const listed: Awaited<ReturnType<typeof page>> = await page({ Prefix: name, ...next });
      versions.push(...listed.found.filter((one) => one.name === name).map(({ version }) => version));
      next = listed.next?.KeyMarker === name ? listed.next : undefined;
    }
    return versions;
  };

  const retentionOf = async (name: string, version: string): Promise<Dated | undefined> => {
    try {
      const { Retention: lock } = await client.send(new GetObjectRetentionCommand(id(name, version)));
      if (lock?.RetainUntilDate === undefined) return undefined;
      const mode = lock.Mode === "COMPLIANCE" ? "compliance" : "governance";
      return { mode, until: lock.RetainUntilDate.getTime() };
    } catch (error) {
      if (cloudErrorStatus(error) === 404 && cloudErrorName(error) !== "NoSuchBucket") return undefined;
      throw error;
    }
  };

  return {
    async put(name, pieces, retention) {
      checkObjectName(name);
      return bucket.act(`write ${name}`, async () => {
        const written = await bucket.write(name, pieces, lockOf(retention));
        if (written === "exists") return "exists";
        const version = written.version ?? (await versionsOf(name))[0];
        if (version !== undefined) return { version };
        throw new Failure("VAULT_NOT_OURS", `bucket ${bucketName} keeps no versions`, {
          hint: "deploy the stack again",
        });
      });
    },

    async get(name, version, range) {
      checkObjectName(name);
      checkRange(range);
      return bucket.act(`read ${name}`, async () => {
        if (range?.length !== 0) return bucket.read(name, range, version);
        return (await versionsOf(name)).includes(version) ? Buffer.alloc(0) : undefined;
      });
    },

    async versions(name) {
      checkObjectName(name);
      return bucket.act(`list the versions of ${name}`, () => versionsOf(name));
    },

    async *list(prefix) {
      checkObjectPrefix(prefix);
      for (let next: Marker | undefined = {}; next !== undefined; ) {
        const input: Marker & { Prefix: string } = { Prefix: prefix, ...next };
        const listed = await bucket.act(`list the versions of ${prefix}`, () => page(input));
        // A folder made in the console is an object "folder/".
        yield* listed.found.filter(({ name }) => name.split("/").every(isObjectSegment));
        next = listed.next;
      }
    },

    async retention(name, version) {
      checkObjectName(name);
      return bucket.act(`look for the date of ${name}`, () => retentionOf(name, version));
    },

    async delete(name, version) {
      checkObjectName(name);
      return bucket.act(`delete ${name}`, async () => {
        // S3 answers 204 for a version that is absent too.
        if (!(await versionsOf(name)).includes(version)) return "absent";
        try {
          await client.send(new DeleteObjectCommand(id(name, version)));
          return "deleted";
        } catch (error) {
          // A lock and a missing right are the same 403.
          const lock = cloudErrorStatus(error) === 403 ? await retentionOf(name, version) : undefined;
          if (lock === undefined || lock.until <= clock.now()) throw error;
          throw new Failure("OBJECT_RETAINED", `${name} is kept until ${new Date(lock.until).toISOString()}`, {
            cause: error,
          });
        }
      });
    },
  };
}

type Marker = Pick<ListObjectVersionsCommandInput, "KeyMarker" | "VersionIdMarker">;
type Dated = Exclude<Retention, { mode: "none" }>;

const lockOf = (retention: Retention): Lock => {
  if (retention.mode === "none") return {};
  return {
    ObjectLockMode: retention.mode === "compliance" ? "COMPLIANCE" : "GOVERNANCE",
    ObjectLockRetainUntilDate: new Date(Math.ceil(retention.until / 1000) * 1000),
  };
};
