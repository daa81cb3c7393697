import { DeleteObjectCommand, HeadObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { type ByteRange, checkRange } from "../model/byte-range.ts";
import { Failure } from "../model/errors.ts";
import { checkObjectName, checkObjectPrefix, isObjectSegment } from "../model/object-name.ts";
import type { Clock } from "../ports/clock.ts";
import type { ObjectFacts, ObjectStore } from "../ports/object-store.ts";
import { cloudErrorName, cloudErrorStatus } from "./cloud-failure.ts";
import { S3Bucket, TRIES_MAX, toSecond } from "./s3-bucket.ts";

/**
 * The store in a bucket of S3: one object per object, under its own name. In a bucket with versions its delete is not final
 * (s3-retained-store.ts is for those); evidence, which nobody deletes, may be written and read through it.
 *
 * Rights on the bucket: s3:ListBucket for every answer, because without it S3 says 403, not 404, of what is absent; on the
 * objects, s3:PutObject, s3:GetObject and s3:DeleteObject, each for its own method and no other. `head` does without
 * s3:GetObject, at the price of a listing.
 *
 * Create-only, and whether a delete deleted, are decided by S3 (If-None-Match and If-Match of `*`), not by looking first. What
 * that leaves open is an answer that was lost, so that the SDK asked a second time:
 *
 * - `put` then compares: the object is its own if it has its bytes. It says STORE_UNREACHABLE where it cannot tell, which takes
 *   a bucket encrypted by KMS and no right to read. Two writers of equal bytes may then both say `created`.
 * - `delete` then may say `absent` of what it deleted itself.
 *
 * @param client  with the settings of s3-calls.ts
 */
export function s3Store(client: S3Client, bucket: string, clock: Clock): ObjectStore {
  return new S3Store(new S3Bucket(client, bucket, clock));
}

class S3Store implements ObjectStore {
  readonly #bucket: S3Bucket;

  constructor(bucket: S3Bucket) {
    this.#bucket = bucket;
  }

  async put(name: string, pieces: readonly Uint8Array[]): Promise<"created" | "exists"> {
    checkObjectName(name);
    return this.#bucket.act(`write ${name}`, async () =>
      (await this.#bucket.write(name, pieces)) === "exists" ? "exists" : "created",
    );
  }

  async get(name: string, range?: ByteRange): Promise<Buffer | undefined> {
    checkObjectName(name);
    checkRange(range);
    return this.#bucket.act(`read ${name}`, async () => {
      // HTTP has no word for a range of no bytes.
      if (range?.length === 0) return (await this.#head(name)) && Buffer.alloc(0);
      return this.#bucket.read(name, range);
    });
  }

  async head(name: string): Promise<ObjectFacts | undefined> {
    checkObjectName(name);
    return this.#bucket.act(`look for ${name}`, () => this.#head(name));
  }

  async *list(prefix: string): AsyncIterable<ObjectFacts> {
    checkObjectPrefix(prefix);
    let token: string | undefined;
    do {
      const input = { Prefix: prefix, ContinuationToken: token };
      const page = await this.#bucket.act(`list ${prefix}`, () => this.#bucket.page(input));
      for (const { name, bytes, writtenAt } of page.objects) {
        // A folder made in the console is an object "folder/".
        if (name.split("/").every(isObjectSegment)) yield { name, bytes, writtenAt };
      }
      token = page.next;
    } while (token !== undefined);
  }

  async delete(name: string): Promise<"deleted" | "absent"> {
    checkObjectName(name);
    return this.#bucket.act(`delete ${name}`, () => this.#delete(name));
  }

  async #head(name: string): Promise<ObjectFacts | undefined> {
    try {
      const answer = await this.#bucket.client.send(new HeadObjectCommand({ Bucket: this.#bucket.name, Key: name }));
      return { name, bytes: answer.ContentLength ?? 0, writtenAt: toSecond(answer.LastModified) };
    } catch (error) {
      const status = cloudErrorStatus(error);
      if (status !== 404 && status !== 403) throw error;
      // An answer to HEAD has no body: 404 may mean the bucket, and 403 that we may not read what we may list.
      const listed = await this.#bucket.look(name);
      return listed && { name, bytes: listed.bytes, writtenAt: listed.writtenAt };
    }
  }

  async #delete(name: string): Promise<"deleted" | "absent"> {
    const { client } = this.#bucket;
    let IfMatch = "*";
    for (let tries = 1; tries <= TRIES_MAX; tries++) {
      try {
        const input = { Bucket: this.#bucket.name, Key: name, IfMatch };
        await this.#bucket.unlessConflict(() => client.send(new DeleteObjectCommand(input)));
        return "deleted";
      } catch (error) {
        const status = cloudErrorStatus(error);
        if (status === 404 && cloudErrorName(error) !== "NoSuchBucket") return "absent";
        if (status !== 412) throw error;
      }
      // 412 is the answer of a delete marker, and of servers that take the asterisk for an ETag: those never say "absent" of
      // what is there. https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html
      const there = await this.#bucket.look(name);
      if (there === undefined) return "absent";
      IfMatch = `"${there.etag}"`;
    }
    throw new Failure(
      "STORE_UNREACHABLE",
      `${name} in ${this.#bucket.name} was replaced ${TRIES_MAX} times while it was deleted`,
    );
  }
}
