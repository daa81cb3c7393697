import { describe, expect, test } from "vitest";
import { cloudFailure } from "../../lib/aws/cloud-failure.ts";
import { type ErrorCode, Failure } from "../../lib/model/errors.ts";

/** An error as SDK 3 throws it. */
const answered = (name: string, status: number, message = "as scripted"): Error =>
  Object.assign(new Error(message), {
    name,
    $fault: "client",
    $metadata: { httpStatusCode: status, requestId: "r-1" },
  });

const unanswered = (code: string): Error => Object.assign(new Error(`connect ${code}`), { code });

// Statuses are those of the services: RDS and EC2 throttle with 400, KMS denies with 400, S3 expires with 400.
const NAMES: readonly [ErrorCode, string, number][] = [
  ["CLOUD_THROTTLED", "Throttling", 400],
  ["CLOUD_THROTTLED", "ThrottlingException", 400],
  ["CLOUD_THROTTLED", "RequestLimitExceeded", 503],
  ["CLOUD_THROTTLED", "TooManyRequestsException", 429],
  ["CLOUD_THROTTLED", "SlowDown", 503],
  ["CLOUD_THROTTLED", "SomethingNew", 429],
  ["CLOUD_FORBIDDEN", "AccessDenied", 403],
  ["CLOUD_FORBIDDEN", "AccessDeniedException", 400],
  ["CLOUD_FORBIDDEN", "UnauthorizedOperation", 403],
  ["CLOUD_FORBIDDEN", "SomethingNew", 403],
  ["CLOUD_CREDENTIALS", "ExpiredToken", 400],
  ["CLOUD_CREDENTIALS", "ExpiredTokenException", 400],
  ["CLOUD_CREDENTIALS", "InvalidClientTokenId", 403],
  ["CLOUD_CREDENTIALS", "UnrecognizedClientException", 400],
  ["CLOUD_CREDENTIALS", "SignatureDoesNotMatch", 403],
  ["CLOUD_CREDENTIALS", "RequestTimeTooSkewed", 403],
  ["CLOUD_CREDENTIALS", "SomethingNew", 401],
  ["CLOUD_UNREACHABLE", "InternalFailure", 500],
  ["CLOUD_UNREACHABLE", "ServiceUnavailable", 503],
  ["CLOUD_UNREACHABLE", "RequestTimeout", 400],
  ["CLOUD_UNREACHABLE", "SomethingNew", 502],
  ["CLOUD_ERROR", "ValidationError", 400],
  ["CLOUD_ERROR", "SomethingNew", 404],
];

test.each(NAMES)("%s is what %s with status %i means", (code, name, status) => {
  const error = answered(name, status);
  const failure = cloudFailure(error, "describe the snapshot x");
  expect(failure).toMatchObject({ code, cause: error, facts: { awsError: name, status, requestId: "r-1" } });
  expect(failure.message).toMatch(new RegExp(`^could not describe the snapshot x: ${name}`));
});

test.each(["ECONNRESET", "ECONNREFUSED", "EPIPE", "ETIMEDOUT", "ENOTFOUND", "EAI_AGAIN", "CERT_HAS_EXPIRED"])(
  "CLOUD_UNREACHABLE is what %s means, and names it",
  (code) => {
    const failure = cloudFailure(unanswered(code), "look");
    expect(failure).toMatchObject({ code: "CLOUD_UNREACHABLE", message: `could not look: ${code}`, retryable: true });
  },
);

test("CLOUD_CREDENTIALS is what no credentials and a wrong clock mean, and the clock has a hint of its own", () => {
  const none = Object.assign(new Error("Could not load credentials from any providers"), {
    name: "CredentialsProviderError",
  });
  expect(cloudFailure(none, "look").code).toBe("CLOUD_CREDENTIALS");
  expect(cloudFailure(none, "look").hint).toContain("sign in");
  expect(cloudFailure(answered("RequestTimeTooSkewed", 403), "look").hint).toContain("set the clock");
});

test("a timeout is CLOUD_UNREACHABLE", () => {
  const error = Object.assign(new Error("socket timed out"), { name: "TimeoutError" });
  expect(cloudFailure(error, "look")).toMatchObject({ code: "CLOUD_UNREACHABLE" });
});

test("a Failure comes back as it is", () => {
  const failure = new Failure("SNAPSHOT_QUOTA", "full");
  expect(cloudFailure(failure, "look")).toBe(failure);
});

test.each([new TypeError("a bug"), new RangeError("another"), "no error at all"])(
  "fails with what is no error of AWS: %s",
  (bug) => {
    let thrown: unknown;
    try {
      cloudFailure(bug, "look");
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBe(bug);
  },
);

describe("a denied right", () => {
  const who = "User: arn:aws:sts::123456789012:assumed-role/capture/jane.doe@example.com";

  test.each([
    [
      `${who} is not authorized to perform: rds:CreateDBSnapshot on resource: arn:aws:rds:eu-central-1:123456789012:db:orders because no identity-based policy allows the rds:CreateDBSnapshot action`,
      "no right rds:CreateDBSnapshot on arn:aws:rds:eu-central-1:123456789012:db:orders (because no identity-based policy allows the rds:CreateDBSnapshot action)",
    ],
    [
      `${who} is not authorized to perform: s3:PutObject on resource: "arn:aws:s3:::b/x" with an explicit deny in a service control policy`,
      'no right s3:PutObject on "arn:aws:s3:::b/x" (with an explicit deny in a service control policy)',
    ],
    [`${who} is not authorized to perform: kms:Decrypt`, "no right kms:Decrypt"],
    ["Access Denied", "AccessDenied"],
  ])("is named, and the person is not: %s", (message, said) => {
    const failure = cloudFailure(answered("AccessDenied", 403, message), "look");
    expect(failure.message).toBe(`could not look: ${said}`);
    expect(JSON.stringify(failure.facts)).not.toContain("jane");
  });
});
