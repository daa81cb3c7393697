import { type ErrorCode, Failure } from "../model/errors.ts";
import { cloudErrorName, cloudErrorStatus, cloudFailure } from "./cloud-failure.ts";

/** What an answer's headers and body may say besides; which of them do depends on the operation. */
interface S3Error {
  readonly Region?: unknown;
  readonly BucketRegion?: unknown;
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
}

const STORE_CODES: Partial<Record<ErrorCode, ErrorCode>> = {
  CLOUD_FORBIDDEN: "STORE_FORBIDDEN",
  CLOUD_THROTTLED: "STORE_UNREACHABLE",
  CLOUD_UNREACHABLE: "STORE_UNREACHABLE",
};
const HINTS: Partial<Record<ErrorCode, string>> = {
  CLOUD_FORBIDDEN: "give this role the right on the bucket, then run again",
  CLOUD_THROTTLED: "run again later; S3 refused that many requests",
  CLOUD_UNREACHABLE: "check network, Region and endpoint, then run again",
};

/** S3 got other bytes than were sent, and kept none. */
const DAMAGED_ON_THE_WAY = new Set(["BadDigest", "IncompleteBody", "XAmzContentSHA256Mismatch"]);

/**
 * What an error of S3 means to a user of the store. A Failure comes back as it is.
 * @throws the error itself if it is none of S3's
 */
export function s3Failure(error: unknown, act: string, bucket: string): Failure {
  const name = cloudErrorName(error);
  if (name === "NoSuchBucket") {
    return new Failure("VAULT_NOT_FOUND", `there is no bucket ${bucket}`, {
      cause: error,
      hint: "check the vault's name, and the Region and account you are signed in to",
    });
  }
  if (isElsewhere(error, name)) {
    const region = regionOf(error as S3Error);
    return new Failure("VAULT_NOT_FOUND", `bucket ${bucket} is not in this Region but in ${region ?? "another"}`, {
      cause: error,
      hint: `set AWS_REGION to ${region ?? "the bucket's Region"}, then run again`,
      facts: { region },
    });
  }
  if (name !== undefined && DAMAGED_ON_THE_WAY.has(name)) {
    return new Failure("STORE_UNREACHABLE", `could not ${act}: ${name}`, {
      cause: error,
      hint: HINTS.CLOUD_UNREACHABLE,
    });
  }
  const failure = cloudFailure(error, act);
  const { message, facts } = failure;
  return new Failure(STORE_CODES[failure.code] ?? failure.code, message, {
    cause: error,
    facts,
    hint: HINTS[failure.code] ?? failure.hint,
  });
}

// S3 signs and answers by Region: 301 from another Region's endpoint, 400 where the signature names another Region.
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
const isElsewhere = (error: unknown, name: string | undefined): boolean =>
  cloudErrorStatus(error) === 301 ||
  name === "PermanentRedirect" ||
  name === "AuthorizationHeaderMalformed" ||
  name === "IllegalLocationConstraintException";

function regionOf({ Region, BucketRegion, $response }: S3Error): string | undefined {
  const named = $response?.headers?.["x-amz-bucket-region"] ?? BucketRegion ?? Region;
  return typeof named === "string" ? named : undefined;
}
