/**
 * Settings of the clients whose calls are short (KMS, RDS, Secrets Manager). Adaptive retries slow the whole client down as
 * soon as AWS throttles one call; six attempts take about a quarter of a minute. Without the last flag a timeout is a warning.
 * Both limits count the wait for one of the 50 sockets, so a client is not given hundreds of calls at once.
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
 */
export const SHORT_CALLS = {
  retryMode: "adaptive",
  maxAttempts: 6,
  requestHandler: { connectionTimeout: 3_000, requestTimeout: 10_000, throwOnRequestTimeout: true },
} as const;
