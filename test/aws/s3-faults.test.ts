import { createHash } from "node:crypto";
import { GetObjectCommand, PutObjectCommand, type S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { ConfiguredRetryStrategy } from "@smithy/core/retry";
import { describe, expect, test } from "vitest";
import { s3Store } from "../../lib/aws/s3-store.ts";
import { systemClock } from "../../lib/local/system-clock.ts";
import { type ErrorCode, Failure } from "../../lib/model/errors.ts";
import type { ObjectStore } from "../../lib/ports/object-store.ts";
import { emulatedS3, freshBucket } from "./bucket.ts";
import { testEmulator } from "./emulator.ts";
import { type Fault, type FaultyFront, faultyFront } from "./faulty-front.ts";

const emulator = testEmulator();

const ATTEMPTS = 3;
const OBJECT = Buffer.alloc(300_000, 7);

interface World {
  /** The store as its user has it, through the front. */
  readonly store: ObjectStore;
  /** The same bucket without a front. */
  readonly direct: ObjectStore;
  readonly front: FaultyFront;
  readonly client: S3Client;
  readonly bucket: string;
}

/** A store behind a faulty front, with the SDK's own retries but not its pauses. */
async function world(config: S3ClientConfig = {}): Promise<World> {
  const client = emulatedS3(emulator());
  const bucket = await freshBucket(client);
  const front = await faultyFront(emulator().endpoint);
  const retryStrategy = new ConfiguredRetryStrategy(ATTEMPTS, 0);
  const through = emulatedS3(emulator(), { endpoint: front.endpoint, retryStrategy, ...config });
  const clock = { ...systemClock, sleep: async () => undefined };
  return { store: s3Store(through, bucket, clock), direct: s3Store(client, bucket, clock), front, client, bucket };
}

const slowDown: Fault = { answer: 503, code: "SlowDown" };
const conflict: Fault = { answer: 409, code: "ConditionalRequestConflict" };
const denied: Fault = { answer: 403, code: "AccessDenied" };

const failureOf = async (work: Promise<unknown>): Promise<Failure> => {
  const error = await work.then(
    () => new Error("it did not fail"),
    (thrown: unknown) => thrown,
  );
  if (error instanceof Failure) return error;
  throw error;
};

async function listed(store: ObjectStore): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of store.list("")) names.push(name);
  return names;
}

/** Every method of a store, the HTTP method it speaks, and what it says of a bucket that holds `old`. */
const METHODS: readonly [string, string, (store: ObjectStore) => Promise<unknown>, unknown][] = [
  ["put", "PUT", (store) => store.put("new", [OBJECT]), "created"],
  ["get", "GET", (store) => store.get("old"), OBJECT],
  ["get of a range", "GET", (store) => store.get("old", { offset: 10, length: 20 }), OBJECT.subarray(10, 30)],
  ["list", "GET", (store) => listed(store), ["old"]],
  ["head", "HEAD", async (store) => (await store.head("old"))?.bytes, OBJECT.length],
  ["delete", "DELETE", (store) => store.delete("old"), "deleted"],
];

describe("an answer that never came", () => {
  test.each(METHODS)("%s rides out a burst of 503 and a cut connection", async (_, method, call, answer) => {
    const { store, direct, front } = await world();
    await direct.put("old", [OBJECT]);
    front.next(method, slowDown, "refuse");
    expect(await call(store)).toEqual(answer);
    front.assertAllFired();
  });

  test.each(METHODS)(
    "fails with STORE_UNREACHABLE when %s hears nothing but 503, and says to try again",
    async (_, method, call) => {
      const { store, direct, front } = await world();
      await direct.put("old", [OBJECT]);
      front.next(method, ...Array.from({ length: ATTEMPTS }, () => slowDown));
      const failure = await failureOf(call(store));
      expect(failure).toMatchObject({ code: "STORE_UNREACHABLE", retryable: true });
      expect(failure.message).toContain(method === "HEAD" ? "HTTP 503" : "SlowDown");
      expect(await listed(direct)).toEqual(["old"]);
      front.assertAllFired();
    },
  );

  test("the settings of every client ride out a burst by themselves", async () => {
    const { bucket, front } = await world();
    const client = emulatedS3(emulator(), { endpoint: front.endpoint });
    expect(await client.config.retryStrategy()).toMatchObject({ mode: "adaptive" });
    front.next("PUT", slowDown, slowDown);
    expect(await s3Store(client, bucket, systemClock).put("x", [OBJECT])).toBe("created");
    front.assertAllFired();
  });

  test("fails with STORE_UNREACHABLE where nobody listens", async () => {
    const { store, front } = await world({ endpoint: "http://127.0.0.1:1" });
    for (const [, , call] of METHODS) {
      expect(await failureOf(call(store))).toMatchObject({ code: "STORE_UNREACHABLE", retryable: true });
    }
    expect(front.requests).toEqual([]);
  });
});

describe("a put whose answer was lost", () => {
  test("says created when the object is its own", async () => {
    const { store, direct, front } = await world();
    front.next("PUT", "lose the answer");
    expect(await store.put("x", [OBJECT])).toBe("created");
    expect(await direct.get("x")).toEqual(OBJECT);
    front.assertAllFired();
  });

  test.each([
    ["of other bytes", Buffer.alloc(OBJECT.length, 8)],
    ["of another length", Buffer.alloc(10, 7)],
  ])("says exists when the object is another's, %s", async (_, others) => {
    const { store, direct, front } = await world();
    await direct.put("x", [others]);
    front.next("PUT", "lose the answer");
    expect(await store.put("x", [OBJECT])).toBe("exists");
    expect(await direct.get("x")).toEqual(others);
    front.assertAllFired();
  });

  /** A listing as S3 gives it where KMS encrypts the bucket: the ETag is no digest of the bytes. */
  const listing = (name: string, bytes: number): Fault => ({
    answer: 200,
    body: `<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>${name}</Key><Size>${bytes}</Size>
      <ETag>"0123456789abcdef0123456789abcdef"</ETag></Contents></ListBucketResult>`,
  });

  test.each([
    ["created", OBJECT],
    ["exists", Buffer.alloc(OBJECT.length, 8)],
  ])("reads the object where its ETag tells nothing, and says %s", async (outcome, there) => {
    const { store, direct, front } = await world();
    if (outcome === "exists") await direct.put("x", [there]);
    front.next("PUT", "lose the answer");
    front.next("GET", listing("x", OBJECT.length));
    expect(await store.put("x", [OBJECT])).toBe(outcome);
    front.assertAllFired();
  });

  test("fails with STORE_UNREACHABLE where neither ETag nor a right to read tells", async () => {
    const { store, front } = await world();
    front.next("PUT", "lose the answer");
    front.next("GET", listing("x", OBJECT.length), denied);
    expect(await failureOf(store.put("x", [OBJECT]))).toMatchObject({ code: "STORE_UNREACHABLE", retryable: true });
    front.assertAllFired();
  });
});

test("a delete whose answer was lost says absent, and the object is gone", async () => {
  const { store, direct, front } = await world();
  await direct.put("x", [OBJECT]);
  front.next("DELETE", "lose the answer");
  expect(await store.delete("x")).toBe("absent");
  expect(await direct.get("x")).toBeUndefined();
  front.assertAllFired();
});

test("a delete deletes where the server takes the asterisk of If-Match for an ETag", async () => {
  const { store, direct, front } = await world();
  await direct.put("x", [OBJECT]);
  front.next("DELETE", { answer: 412, code: "PreconditionFailed" });
  expect(await store.delete("x")).toBe("deleted");
  expect(await direct.get("x")).toBeUndefined();
  front.next("DELETE", { answer: 412, code: "PreconditionFailed" });
  expect(await store.delete("x")).toBe("absent");
  front.assertAllFired();
});

describe("a conflict (409)", () => {
  test("of puts is tried again, and ends in who was first", async () => {
    const { store, direct, front } = await world();
    front.next("PUT", conflict, conflict);
    expect(await store.put("x", [OBJECT])).toBe("created");
    await direct.put("y", [Buffer.alloc(OBJECT.length, 8)]);
    front.next("PUT", conflict);
    expect(await store.put("y", [OBJECT])).toBe("exists");
    front.assertAllFired();
  });

  test("of deletes is tried again", async () => {
    const { store, direct, front } = await world();
    await direct.put("x", [OBJECT]);
    front.next("DELETE", conflict);
    expect(await store.delete("x")).toBe("deleted");
    front.assertAllFired();
  });

  test("fails with STORE_UNREACHABLE when it does not end, and stores nothing", async () => {
    const { store, direct, front } = await world();
    front.next("PUT", ...Array.from({ length: 6 }, () => conflict));
    expect(await failureOf(store.put("x", [OBJECT]))).toMatchObject({ code: "STORE_UNREACHABLE", retryable: true });
    expect(await direct.head("x")).toBeUndefined();
    front.assertAllFired();
  });
});

describe("bytes that do not come whole", () => {
  const range = { offset: 1000, length: 200_000 };

  test.each([
    ["an object", undefined],
    ["a range", range],
  ])("%s whose body is cut or stalls in the middle is read again", async (_, part) => {
    const { store, direct, front } = await world({ requestHandler: { socketTimeout: 200 } });
    await direct.put("x", [OBJECT]);
    front.next("GET", "cut the body", "stall the body", "cut the body");
    const whole = part === undefined ? OBJECT : OBJECT.subarray(part.offset, part.offset + part.length);
    expect((await store.get("x", part))?.equals(whole)).toBe(true);
    front.assertAllFired();
  });

  test("an object with a damaged byte is read again", async () => {
    const { store, direct, front } = await world();
    await direct.put("x", [OBJECT]);
    front.next("GET", "damage the answer");
    expect((await store.get("x"))?.equals(OBJECT)).toBe(true);
    front.assertAllFired();
  });

  test("fails with STORE_UNREACHABLE when the body never comes whole", async () => {
    const { store, direct, front } = await world();
    await direct.put("x", [OBJECT]);
    front.next("GET", ...Array.from({ length: 6 }, (): Fault => "cut the body"));
    const failure = await failureOf(store.get("x"));
    expect(failure).toMatchObject({ code: "STORE_UNREACHABLE", retryable: true });
    front.assertAllFired();
  });

  test("fails when a byte was damaged on the way to S3, and stores nothing", async () => {
    const { store, direct, front } = await world();
    front.next("PUT", "damage the request");
    expect(await failureOf(store.put("x", [OBJECT]))).toMatchObject({ code: "STORE_UNREACHABLE", retryable: true });
    expect(await direct.head("x")).toBeUndefined();
    front.assertAllFired();
  });

  test("an object keeps its SHA-256 in the bucket", async () => {
    const { store, client, bucket } = await world();
    await store.put("x", [OBJECT]);
    const answer = await client.send(new GetObjectCommand({ Bucket: bucket, Key: "x", ChecksumMode: "ENABLED" }));
    expect(answer.ChecksumSHA256).toBe(createHash("sha256").update(OBJECT).digest("base64"));
  });
});

describe("a refusal", () => {
  const elsewhere = { "x-amz-bucket-region": "eu-west-1" };
  const refusals: readonly [string, Fault, ErrorCode, string][] = [
    ["no right", denied, "STORE_FORBIDDEN", "AccessDenied"],
    ["an expired token", { answer: 400, code: "ExpiredToken" }, "CLOUD_CREDENTIALS", "ExpiredToken"],
    ["an unknown key", { answer: 403, code: "InvalidAccessKeyId" }, "CLOUD_CREDENTIALS", "InvalidAccessKeyId"],
    ["no bucket", { answer: 404, code: "NoSuchBucket" }, "VAULT_NOT_FOUND", "there is no bucket"],
    [
      "another Region",
      { answer: 301, code: "PermanentRedirect", headers: elsewhere },
      "VAULT_NOT_FOUND",
      "but in eu-west-1",
    ],
    [
      "another Region's signature",
      { answer: 400, code: "AuthorizationHeaderMalformed", headers: elsewhere },
      "VAULT_NOT_FOUND",
      "but in eu-west-1",
    ],
    ["something we have no word for", { answer: 400, code: "InvalidRequest" }, "CLOUD_ERROR", "as scripted"],
  ];
  const bodied = METHODS.filter(([name]) => name !== "head");
  const cases = refusals.flatMap(([what, fault, code, said]) =>
    bodied.map(([name, method, call]) => ({ name, method, call, what, fault, code, said })),
  );

  test.each(cases)("fails with $code when $name meets $what", async ({ method, call, fault, code, said }) => {
    const { store, direct, front } = await world();
    await direct.put("old", [OBJECT]);
    front.next(method, fault);
    const failure = await failureOf(call(store));
    expect(failure).toMatchObject({ code, retryable: false });
    expect(failure.message).toContain(said);
    expect(await listed(direct)).toEqual(["old"]);
    front.assertAllFired();
  });

  test.each(METHODS)(
    "fails with VAULT_NOT_FOUND when %s meets a bucket that the server does not have",
    async (_, __, call) => {
      const store = s3Store(emulatedS3(emulator()), "lastgood-test-none", systemClock);
      expect(await failureOf(call(store))).toMatchObject({ code: "VAULT_NOT_FOUND" });
    },
  );

  test("head answers whoever may list and not read, and fails for whoever may do neither", async () => {
    const { store, direct, front } = await world();
    await direct.put("x", [OBJECT]);
    await direct.put("x-longer", [OBJECT]);
    front.next("HEAD", denied, denied, denied);
    expect(await store.head("x")).toEqual(await direct.head("x"));
    expect(await store.head("x-long")).toBeUndefined();
    front.next("GET", denied);
    expect(await failureOf(store.head("x"))).toMatchObject({ code: "STORE_FORBIDDEN" });
    front.assertAllFired();
  });
});

test("a folder made in the console is no object of the store", async () => {
  const { store, client, bucket } = await world();
  await client.send(new PutObjectCommand({ Bucket: bucket, Key: "folder/", Body: "", ContentLength: 0 }));
  await client.send(new PutObjectCommand({ Bucket: bucket, Key: "with space", Body: "", ContentLength: 0 }));
  await store.put("folder/x", []);
  expect(await listed(store)).toEqual(["folder/x"]);
});

test("a thousand puts at once are at most 32 requests at once", async () => {
  const { store, front } = await world();
  await Promise.all(Array.from({ length: 1000 }, (_, index) => store.put(`many/${index}`, [])));
  expect(front.requests).toHaveLength(1000);
  expect(front.mostAtOnce).toBeGreaterThan(1);
  expect(front.mostAtOnce).toBeLessThanOrEqual(32);
});
