import { type ErrorCode, Failure } from "../model/errors.ts";

/** What an SDK client throws, as far as it is read here. Old protocols leave fields out, so all are optional. */
interface CloudError extends Error {
  readonly code?: unknown;
  readonly $fault?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
}

const MESSAGE_CHARS_MAX = 300;

// By error name before status: RDS and EC2 answer 400 for throttling, KMS 400 for missing rights, S3 400 for an expired
// token. Names that a protocol does not model reach us bare, as they stood on the wire: `Throttling`, not
// `ThrottlingException`. Wider than the SDK's own lists, which decide only what is retried.
const THROTTLED =
  /^(Throttl(ing|ed)(Exception)?|RequestThrottled(Exception)?|RequestLimitExceeded|TooManyRequests(Exception)?|SlowDown|ProvisionedThroughputExceededException|BandwidthLimitExceeded|EC2ThrottledException|PriorRequestNotComplete|ConcurrentInvocationLimitExceeded)$/;
const FORBIDDEN =
  /^(AccessDenied(Exception|Fault)?|Unauthorized(Operation|Access|AccessException)?|NotAuthorized(Exception)?|AuthorizationError|AllAccessDisabled|AccountProblem|OptInRequired|SubscriptionRequiredException)$/;
const CREDENTIALS =
  /^(CredentialsProviderError|ProviderError|TokenProviderError|Expired(Token|TokenException|Credentials)|RequestExpired|TokenRefreshRequired|InvalidToken|InvalidAccessKeyId|InvalidClientTokenId|UnrecognizedClientException|NotSignedUp|AuthFailure|SignatureDoesNotMatch|InvalidSignature(Exception)?|IncompleteSignature(Exception)?|MissingAuthenticationToken(Exception)?|MissingSecurityHeader)$/;
const CLOCK = /^(RequestTimeTooSkewed|RequestInTheFuture)$/;
const UNREACHABLE =
  /^(TimeoutError|RequestTimeout(Exception)?|Internal(Error|Failure|ServerError)|ServiceUnavailable)$/;

/** Errors of sockets, name servers and TLS: no answer came. */
const NO_ANSWER =
  /^(E(CONN(RESET|REFUSED|ABORTED)|PIPE|TIMEDOUT|HOSTUNREACH|NETUNREACH|NETDOWN|NOTFOUND|AI_AGAIN|PROTO)|UND_ERR_.*|ERR_(SSL|TLS)_.*|(CERT|UNABLE_TO|SELF_SIGNED|DEPTH_ZERO).*)$/;

/**
 * What an error of an AWS SDK client means to an operator. A Failure comes back as it is.
 * @param what  the act, as in `could not <what>`: `describe the snapshot lastgood-orders-r1`
 * @throws the error itself if no SDK client threw it: a bug stays a bug, and a cancelled call stays cancelled
 */
export function cloudFailure(error: unknown, what: string): Failure {
  if (error instanceof Failure) return error;
  if (!isCloudError(error)) throw error;
  const name = nameOf(error);
  const status = error.$metadata?.httpStatusCode;
  const facts = { awsError: name, status, requestId: error.$metadata?.requestId };
  const failure = (code: ErrorCode, reason: string, hint?: string) =>
    new Failure(code, `could not ${what}: ${reason}`, { cause: error, facts, hint });

  if (THROTTLED.test(name) || status === 429) return failure("CLOUD_THROTTLED", name);
  if (CLOCK.test(name)) {
    return failure("CLOUD_CREDENTIALS", `${name}: the clock of this machine is wrong`, "set the clock, then run again");
  }
  if (CREDENTIALS.test(name) || status === 401) return failure("CLOUD_CREDENTIALS", name);
  if (FORBIDDEN.test(name) || status === 403) return failure("CLOUD_FORBIDDEN", deniedRight(error.message) ?? name);
  if (UNREACHABLE.test(name) || NO_ANSWER.test(name) || (status !== undefined && status >= 500)) {
    return failure("CLOUD_UNREACHABLE", name);
  }
  return failure("CLOUD_ERROR", `${name}: ${oneLine(error.message)}`);
}

/** The name AWS or the operating system gave the error, for adapters that know more names than cloudFailure. */
export function cloudErrorName(error: unknown): string | undefined {
  return isCloudError(error) ? nameOf(error) : undefined;
}

/** The HTTP status of the answer, if one came. Never `error.statusCode`: SDK 3 has none. */
export function cloudErrorStatus(error: unknown): number | undefined {
  return isCloudError(error) ? error.$metadata?.httpStatusCode : undefined;
}

function isCloudError(error: unknown): error is CloudError {
  if (!(error instanceof Error)) return false;
  const { $metadata, $fault, name } = error as CloudError;
  if ($metadata !== undefined || $fault !== undefined) return true;
  return CREDENTIALS.test(name) || name === "TimeoutError" || NO_ANSWER.test(codeOf(error));
}

// A socket's error is called "Error"; its code says what it was. An answer to HEAD has no body to be named by.
function nameOf(error: CloudError): string {
  if (NO_ANSWER.test(codeOf(error))) return codeOf(error);
  const status = error.$metadata?.httpStatusCode;
  return /^(Unknown(Error)?|Error)$/.test(error.name) && status !== undefined ? `HTTP ${status}` : error.name;
}

const codeOf = ({ code }: CloudError): string => (typeof code === "string" ? code : "");

/**
 * The right that was missing, out of AWS's sentence "User: arn:... is not authorized to perform: rds:CreateDBSnapshot on
 * resource: arn:... because no identity-based policy allows ...". Its principal is left out: the session name in it is
 * often a person's e-mail address.
 */
function deniedRight(message: string): string | undefined {
  const found =
    /not authorized to perform:? ([\w-]+:\w+)(?: on (?:the )?resource:? (\S+))?(?: (because|with) (.+))?/.exec(message);
  if (found === null) return undefined;
  const [, action, resource, link, reason] = found;
  const where = resource === undefined ? "" : ` on ${resource}`;
  const why = reason === undefined ? "" : ` (${link} ${oneLine(reason)})`;
  return `no right ${action}${where}${why}`;
}

const oneLine = (text: string): string => text.replaceAll(/\s+/g, " ").replace(/\.$/, "").slice(0, MESSAGE_CHARS_MAX);
