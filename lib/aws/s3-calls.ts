/**
 * Settings of every S3 client: `new S3Client({ ...S3_CALLS, region })`. Seven attempts ride out half a minute of 503 SlowDown,
 * and adaptive retries slow the whole client down instead of letting each of its calls learn alone.
 *
 * What is limited is silence, not length: 64 MiB take 0.9 s from a Lambda and minutes from a laptop. It covers the body of an
 * answer too, which no request timeout of the SDK does.
 */
export const S3_CALLS = {
  retryMode: "adaptive",
  maxAttempts: 7,
  requestHandler: { connectionTimeout: 5_000, socketTimeout: 20_000, httpsAgent: { maxSockets: 128 } },
  // The SDK asks leave for every body over 2 MiB, on a connection of its own each: a handshake per chunk.
  expectContinueHeader: false,
} as const;
