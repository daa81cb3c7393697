import { createHash } from "node:crypto";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { type ByteRange, checkRange, clipRange } from "../model/byte-range.ts";
import { Failure, isFailure } from "../model/errors.ts";
import { limit } from "../model/limit.ts";
import { checkObjectName, checkObjectPrefix, isObjectSegment } from "../model/object-name.ts";
import type { Clock } from "../ports/clock.ts";
import type { ObjectFacts, ObjectStore } from "../ports/object-store.ts";
import { cloudErrorName, cloudErrorStatus } from "./cloud-failure.ts";
import { s3Failure } from "./s3-failure.ts";

const PARALLEL_MAX = 32;
const TRIES_MAX = 6; // Of what the SDK does not try again: conflicts, and bodies torn in the middle.
const PAUSE_MS = 50; // Before the second try; each further one waits twice as long.

interface Listed extends ObjectFacts {
  readonly etag: string | undefined;
}

/**
 * The store in a bucket of S3 without versioning: one object per object, under its own name.
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
  return new S3Store(client, bucket, clock);
}

class S3Store implements ObjectStore {
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #clock: Clock;
  readonly #limit = limit(PARALLEL_MAX);

  constructor(client: S3Client, bucket: string, clock: Clock) {
    this.#client = client;
    this.#bucket = bucket;
    this.#clock = clock;
  }

  async put(name: string, pieces: readonly Uint8Array[]): Promise<"created" | "exists"> {
    checkObjectName(name);
    return this.#act(`write ${name}`, async () => {
      const body = Buffer.concat(pieces);
      const input = {
        Bucket: this.#bucket,
        Key: name,
        Body: body,
        ContentLength: body.length,
        IfNoneMatch: "*",
        // S3 refuses a body that is not the one meant, and keeps the digest beside the object for every reader.
        ChecksumAlgorithm: "SHA256",
        ChecksumSHA256: createHash("sha256").update(body).digest("base64"),
      } as const;
      let answersLost = false;
      const write = () =>
        this.#client.send(new PutObjectCommand(input)).catch((error: unknown) => {
          answersLost ||= attemptsOf(error) > 1;
          throw error;
        });
      try {
        await this.#unlessConflict(write);
        return "created";
      } catch (error) {
        if (cloudErrorStatus(error) !== 412) throw error;
        return answersLost ? await this.#whoseIs(name, body) : "exists";
      }
    });
  }

  async get(name: string, range?: ByteRange): Promise<Buffer | undefined> {
    checkObjectName(name);
    checkRange(range);
    return this.#act(`read ${name}`, () => this.#get(name, range));
  }

  async head(name: string): Promise<ObjectFacts | undefined> {
    checkObjectName(name);
    return this.#act(`look for ${name}`, () => this.#head(name));
  }

  async *list(prefix: string): AsyncIterable<ObjectFacts> {
    checkObjectPrefix(prefix);
    let token: string | undefined;
    do {
      const page = await this.#act(`list ${prefix}`, () => this.#page({ Prefix: prefix, ContinuationToken: token }));
      for (const { name, bytes, writtenAt } of page.objects) {
        // A folder made in the console is an object "folder/".
        if (name.split("/").every(isObjectSegment)) yield { name, bytes, writtenAt };
      }
      token = page.next;
    } while (token !== undefined);
  }

  async delete(name: string): Promise<"deleted" | "absent"> {
    checkObjectName(name);
    return this.#act(`delete ${name}`, () => this.#delete(name));
  }

  async #delete(name: string): Promise<"deleted" | "absent"> {
    let IfMatch = "*";
    for (let tries = 1; tries <= TRIES_MAX; tries++) {
      try {
        const input = { Bucket: this.#bucket, Key: name, IfMatch };
        await this.#unlessConflict(() => this.#client.send(new DeleteObjectCommand(input)));
        return "deleted";
      } catch (error) {
        const status = cloudErrorStatus(error);
        if (status === 404 && cloudErrorName(error) !== "NoSuchBucket") return "absent";
        if (status !== 412) throw error;
      }
      // 412 is the answer of a delete marker, and of servers that take the asterisk for an ETag: those never say "absent" of
      // what is there. https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html
      const there = await this.#look(name);
      if (there === undefined) return "absent";
      IfMatch = `"${there.etag}"`;
    }
    throw new Failure(
      "STORE_UNREACHABLE",
      `${name} in ${this.#bucket} was replaced ${TRIES_MAX} times while it was deleted`,
    );
  }

  async #get(name: string, range: ByteRange | undefined): Promise<Buffer | undefined> {
    // HTTP has no word for a range of no bytes.
    if (range?.length === 0) return (await this.#head(name)) && Buffer.alloc(0);
    for (let tries = 1; ; tries++) {
      try {
        return await this.#read(name, range);
      } catch (error) {
        if (!(error instanceof TornBody)) throw error;
        if (tries === TRIES_MAX) throw tornFor(name, this.#bucket, error);
        await this.#clock.sleep(PAUSE_MS * 2 ** (tries - 1));
      }
    }
  }

  async #read(name: string, range: ByteRange | undefined): Promise<Buffer | undefined> {
    const answer = await this.#client
      .send(
        new GetObjectCommand({
          Bucket: this.#bucket,
          Key: name,
          Range: range && httpRange(range),
          ChecksumMode: "ENABLED", // The SDK then hashes what comes; S3 has no digest of a range.
        }),
      )
      .catch((error: unknown) => {
        if (cloudErrorName(error) === "NoSuchKey") return undefined;
        if (cloudErrorStatus(error) === 416) return "beyond"; // The object is there, and ends before the range.
        throw error;
      });
    if (answer === undefined) return undefined;
    if (answer === "beyond") return Buffer.alloc(0);
    const bytes = await answer.Body?.transformToByteArray().catch((cause: unknown) => {
      throw new TornBody(cause);
    });
    const content =
      bytes === undefined ? Buffer.alloc(0) : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (answer.ContentLength !== undefined && content.length !== answer.ContentLength) {
      throw new TornBody(new Error(`${content.length} bytes came of ${answer.ContentLength}`));
    }
    if (range === undefined || answer.ContentRange !== undefined) return content;
    const { start, end } = clipRange(range, content.length); // A server may give the whole all the same.
    return content.subarray(start, end);
  }

  async #head(name: string): Promise<ObjectFacts | undefined> {
    try {
      const answer = await this.#client.send(new HeadObjectCommand({ Bucket: this.#bucket, Key: name }));
      return { name, bytes: answer.ContentLength ?? 0, writtenAt: toSecond(answer.LastModified) };
    } catch (error) {
      const status = cloudErrorStatus(error);
      if (status !== 404 && status !== 403) throw error;
      // An answer to HEAD has no body: 404 may mean the bucket, and 403 that we may not read what we may list.
      const listed = await this.#look(name);
      return listed && { name, bytes: listed.bytes, writtenAt: listed.writtenAt };
    }
  }

  /** One object as a listing shows it. The name itself is the first of all names that start with it. */
  async #look(name: string): Promise<Listed | undefined> {
    const { objects } = await this.#page({ Prefix: name, MaxKeys: 1 });
    return objects[0]?.name === name ? objects[0] : undefined;
  }

  async #page(input: { Prefix: string; ContinuationToken?: string | undefined; MaxKeys?: number }) {
    const answer = await this.#client.send(new ListObjectsV2Command({ Bucket: this.#bucket, ...input }));
    const objects = (answer.Contents ?? []).map(
      ({ Key = "", Size = 0, LastModified, ETag }): Listed => ({
        name: Key,
        bytes: Size,
        writtenAt: toSecond(LastModified),
        etag: ETag?.replaceAll('"', ""),
      }),
    );
    return { objects, next: answer.IsTruncated === true ? answer.NextContinuationToken : undefined };
  }

  /** Whether an object is what we wrote, when S3 says that it exists and an answer before that was lost. */
  async #whoseIs(name: string, body: Buffer): Promise<"created" | "exists"> {
    const listed = await this.#look(name);
    if (listed !== undefined && listed.bytes !== body.length) return "exists";
    // The ETag is the MD5 of the bytes, unless KMS encrypts the bucket. Listing it takes no right to read.
    // https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
    if (listed?.etag === createHash("md5").update(body).digest("hex")) return "created";
    try {
      const there = await this.#get(name, undefined);
      if (there !== undefined) return there.equals(body) ? "created" : "exists";
    } catch (error) {
      if (cloudErrorStatus(error) !== 403) throw error;
    }
    throw new Failure(
      "STORE_UNREACHABLE",
      `could not tell whether ${name} in ${this.#bucket} was written: S3's answer was lost`,
    );
  }

  // 409: another write of the name was under way. S3 asks to try again.
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
  async #unlessConflict(call: () => Promise<unknown>): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        await call();
        return;
      } catch (error) {
        if (cloudErrorStatus(error) !== 409) throw error;
        if (tries === TRIES_MAX) {
          throw new Failure("STORE_UNREACHABLE", `S3 reported a conflict ${TRIES_MAX} times`, { cause: error });
        }
        await this.#clock.sleep(PAUSE_MS * 2 ** (tries - 1));
      }
    }
  }

  #act<T>(act: string, work: () => Promise<T>): Promise<T> {
    return this.#limit(async () => {
      try {
        return await work();
      } catch (error) {
        throw isFailure(error) ? error : s3Failure(error, `${act} in ${this.#bucket}`, this.#bucket);
      }
    });
  }
}

/** An answer began well and its body did not come whole. */
class TornBody extends Error {
  constructor(cause: unknown) {
    super("the body of an answer was torn", { cause });
  }
}

const tornFor = (name: string, bucket: string, { cause }: TornBody): Failure =>
  new Failure(
    "STORE_UNREACHABLE",
    `could not read ${name} in ${bucket}: its bytes did not come whole ${TRIES_MAX} times`,
    {
      cause,
      facts: { reason: cause instanceof Error ? cause.message : String(cause) },
    },
  );

const httpRange = ({ offset, length }: ByteRange): string =>
  `bytes=${offset}-${Math.min(offset + length - 1, Number.MAX_SAFE_INTEGER)}`;

// Headers have whole seconds, listings of some servers more.
const toSecond = (date: Date | undefined): number => Math.floor((date?.getTime() ?? 0) / 1000) * 1000;

const attemptsOf = (error: unknown): number =>
  (error as { readonly $metadata?: { readonly attempts?: number } }).$metadata?.attempts ?? 1;
