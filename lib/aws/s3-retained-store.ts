import {
  DeleteObjectCommand,
  GetObjectRetentionCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandInput,
  type S3Client,
} from "@aws-sdk/client-s3";
import { checkRange } from "../model/byte-range.ts";
import { Failure } from "../model/errors.ts";
import { checkObjectName } from "../model/object-name.ts";
import type { EpochMs } from "../model/units.ts";
import type { Clock } from "../ports/clock.ts";
import type { RetainedStore } from "../ports/retained-store.ts";
import { cloudErrorName, cloudErrorStatus } from "./cloud-failure.ts";
import { S3Bucket } from "./s3-bucket.ts";

/**
 * The store in a bucket with versions and Object Lock, in governance mode.
 *
 * Rights on its objects: s3:PutObject and s3:PutObjectRetention to put, s3:GetObjectVersion to get, s3:GetObjectRetention for
 * dates, s3:DeleteObjectVersion to delete; on the bucket s3:ListBucket and s3:ListBucketVersions.
 * @param client  with the settings of s3-calls.ts
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
 */
export function s3RetainedStore(client: S3Client, bucketName: string, clock: Clock): RetainedStore {
  const bucket = new S3Bucket(client, bucketName, clock);
  const id = (name: string, version: string) => ({ Bucket: bucketName, Key: name, VersionId: version });

  const versionsOf = async (name: string): Promise<string[]> => {
    const found: string[] = [];
    // The name itself comes first of all names that start with it, so that others are seen only after its last version.
    const marker: Pick<ListObjectVersionsCommandInput, "KeyMarker" | "VersionIdMarker"> = {};
    for (let more = true; more; ) {
      const page = await client.send(new ListObjectVersionsCommand({ Bucket: bucketName, Prefix: name, ...marker }));
      const ours = (page.Versions ?? []).filter(({ Key }) => Key === name);
      found.push(...ours.map(({ VersionId = "" }) => VersionId));
      more = page.IsTruncated === true && page.NextKeyMarker === name;
      marker.KeyMarker = page.NextKeyMarker;
      marker.VersionIdMarker = page.NextVersionIdMarker;
    }
    return found;
  };

  const dateOf = async (name: string, version: string): Promise<EpochMs | undefined> => {
    try {
      const { Retention } = await client.send(new GetObjectRetentionCommand(id(name, version)));
      return Retention?.RetainUntilDate?.getTime();
    } catch (error) {
      if (cloudErrorStatus(error) === 404 && cloudErrorName(error) !== "NoSuchBucket") return undefined;
      throw error;
    }
  };

  return {
    async put(name, pieces, retainUntil) {
      checkObjectName(name);
      return bucket.act(`write ${name}`, async () => {
        const until = new Date(Math.ceil(retainUntil / 1000) * 1000);
        const lock = { ObjectLockMode: "GOVERNANCE", ObjectLockRetainUntilDate: until } as const;
        const written = await bucket.write(name, pieces, lock);
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

    async retainedUntil(name, version) {
      checkObjectName(name);
      return bucket.act(`look for the date of ${name}`, () => dateOf(name, version));
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
          const until = cloudErrorStatus(error) === 403 ? await dateOf(name, version) : undefined;
          if (until === undefined || until <= clock.now()) throw error;
          throw new Failure("OBJECT_RETAINED", `${name} is kept until ${new Date(until).toISOString()}`, {
            cause: error,
          });
        }
      });
    },
  };
}
