import { createHash } from "node:crypto";
import {
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
} from "@aws-sdk/client-s3";
import { type ByteRange, clipRange } from "../model/byte-range.ts";
import { Failure, isFailure } from "../model/errors.ts";
import { limit } from "../model/limit.ts";
import type { Clock } from "../ports/clock.ts";
import type { ObjectFacts } from "../ports/object-store.ts";
import { cloudErrorName, cloudErrorStatus } from "./cloud-failure.ts";
import { s3Failure } from "./s3-failure.ts";

const PARALLEL_MAX = 32;
/** Of what the SDK does not try again: conflicts, and bodies torn in the middle. */
export const TRIES_MAX = 6;
const PAUSE_MS = 50; // Before the second try; each further one waits twice as long.

export interface Listed extends ObjectFacts {
  readonly etag: string | undefined;
}

/** A date before which S3 deletes a version for nobody. */
export type Lock = Pick<PutObjectCommandInput, "ObjectLockMode" | "ObjectLockRetainUntilDate">;

/** What S3 does with one bucket, tried again where that helps. Names are the caller's to check. */
export class S3Bucket {
  readonly client: S3Client;
  readonly name: string;
  readonly clock: Clock;
  readonly #limit = limit(PARALLEL_MAX);

  constructor(client: S3Client, name: string, clock: Clock) {
    this.client = client;
    this.name = name;
    this.clock = clock;
  }

  /** Runs an act beside at most so many others, and says in a store's words why it failed. */
  act<T>(act: string, work: () => Promise<T>): Promise<T> {
    return this.#limit(async () => {
      try {
        return await work();
      } catch (error) {
        throw isFailure(error) ? error : s3Failure(error, `${act} in ${this.name}`, this.name);
      }
    });
  }

  /** Creates an object, if there is none. Gives its version, if the bucket has versions and the answer came. */
  async write(name: string, pieces: readonly Uint8Array[], lock?: Lock): Promise<{ version?: string } | "exists"> {
    const body = Buffer.concat(pieces);
    const input = {
      Bucket: this.name,
      Key: name,
      Body: body,
      ContentLength: body.length,
      IfNoneMatch: "*",
      // S3 refuses a body that is not the one meant, and keeps the digest beside the object for every reader.
      ChecksumAlgorithm: "SHA256",
      ChecksumSHA256: createHash("sha256").update(body).digest("base64"),
      ...lock,
    } as const;
    let answersLost = false;
    const put = () =>
      this.client.send(new PutObjectCommand(input)).catch((error: unknown) => {
        answersLost ||= attemptsOf(error) > 1;
        throw error;
      });
    try {
      const answer = await this.unlessConflict(put);
      return { version: answer.VersionId };
    } catch (error) {
      if (cloudErrorStatus(error) !== 412) throw error;
      return answersLost && (await this.#isOurs(name, body)) ? {} : "exists";
    }
  }

  /** An object's bytes, or those of a range, read again until they come whole. */
  async read(name: string, range?: ByteRange, version?: string): Promise<Buffer | undefined> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#readOnce(name, range, version);
      } catch (error) {
        if (!(error instanceof TornBody)) throw error;
        if (tries === TRIES_MAX) throw tornFor(name, this.name, error);
        await this.#pause(tries);
      }
    }
  }

  /** One object as a listing shows it. The name itself is the first of all names that start with it. */
  async look(name: string): Promise<Listed | undefined> {
    const { objects } = await this.page({ Prefix: name, MaxKeys: 1 });
    return objects[0]?.name === name ? objects[0] : undefined;
  }

  async page(input: { Prefix: string; ContinuationToken?: string | undefined; MaxKeys?: number }) {
    const answer = await this.client.send(new ListObjectsV2Command({ Bucket: this.name, ...input }));
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

  // 409: another write of the name was under way. S3 asks to try again.
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
  async unlessConflict<T>(call: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await call();
      } catch (error) {
        if (cloudErrorStatus(error) !== 409) throw error;
        if (tries === TRIES_MAX) {
          throw new Failure("STORE_UNREACHABLE", `S3 reported a conflict ${TRIES_MAX} times`, { cause: error });
        }
        await this.#pause(tries);
      }
    }
  }

  async #readOnce(name: string, range?: ByteRange, version?: string): Promise<Buffer | undefined> {
    const input = {
      Bucket: this.name,
      Key: name,
      VersionId: version,
      Range: range && httpRange(range),
      ChecksumMode: "ENABLED", // The SDK then hashes what comes; S3 has no digest of a range.
    } as const;
    const answer = await this.client.send(new GetObjectCommand(input)).catch((error: unknown) => {
      const status = cloudErrorStatus(error);
      if (status === 404 && cloudErrorName(error) !== "NoSuchBucket") return undefined;
      if (status === 416) return "beyond"; // The object is there, and ends before the range.
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

  /** Whether an object is what we wrote, when S3 says that it exists and an answer before that was lost. */
  async #isOurs(name: string, body: Buffer): Promise<boolean> {
    const listed = await this.look(name);
    if (listed !== undefined && listed.bytes !== body.length) return false;
    // The ETag is the MD5 of the bytes, unless KMS encrypts the bucket. Listing it takes no right to read.
    // https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
    if (listed?.etag === createHash("md5").update(body).digest("hex")) return true;
    try {
      const there = await this.read(name);
      if (there !== undefined) return there.equals(body);
    } catch (error) {
      if (cloudErrorStatus(error) !== 403) throw error;
    }
    throw new Failure(
      "STORE_UNREACHABLE",
      `could not tell whether ${name} in ${this.name} was written: S3's answer was lost`,
    );
  }

  #pause(tries: number): Promise<void> {
    return this.clock.sleep(PAUSE_MS * 2 ** (tries - 1));
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

/** Headers have whole seconds, listings of some servers more. */
export const toSecond = (date: Date | undefined): number => Math.floor((date?.getTime() ?? 0) / 1000) * 1000;

const attemptsOf = (error: unknown): number =>
  (error as { readonly $metadata?: { readonly attempts?: number } }).$metadata?.attempts ?? 1;
