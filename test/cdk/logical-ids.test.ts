import { expect, test } from "vitest";
import { synthesize } from "./synthesis.ts";

// A resource under another id is another resource: CloudFormation makes the new one and lets go of the old. For a bucket or
// a key that means a vault that is not written any more. So ids change only on purpose, and never those of buckets and keys.
test("no logical id of the stack changes by accident", async () => {
  const { template } = synthesize();
  const ids = Object.entries(template.Resources)
    // A version's id is a digest of its function, so that every change makes a new one.
    .map(
      ([id, { Type }]) => `${Type}  ${Type === "AWS::Lambda::Version" ? id.replace(/[0-9a-f]{32}$/, "<digest>") : id}`,
    )
    .toSorted();
  expect(ids.length).toBeGreaterThan(40);
  await expect(`${ids.join("\n")}\n`).toMatchFileSnapshot("logical-ids.txt");
});
