import { afterEach, expect, test, vi } from "vitest";
import { defaultProvider } from "../../lambdas/environment-credentials.ts";
import { cloudFailure } from "../../lib/aws/cloud-failure.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

test("a Lambda's credentials are those of its environment, read when they are asked for", async () => {
  const provider = defaultProvider();
  vi.stubEnv("AWS_ACCESS_KEY_ID", "ASIAEXAMPLE");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "secret");
  vi.stubEnv("AWS_SESSION_TOKEN", "token");
  expect(await provider()).toEqual({ accessKeyId: "ASIAEXAMPLE", secretAccessKey: "secret", sessionToken: "token" });
});

test("fails without them in a way that is told as CLOUD_CREDENTIALS", async () => {
  vi.stubEnv("AWS_ACCESS_KEY_ID", undefined);
  const error: unknown = await defaultProvider()().catch((thrown: unknown) => thrown);
  expect(cloudFailure(error, "list a bucket")).toMatchObject({ code: "CLOUD_CREDENTIALS" });
});
