import { resolve } from "node:path";
import { expect, test } from "vitest";
import { policyJsonSchema } from "../../lib/policy/policy-schema.ts";

test("docs/lastgood.schema.json is the schema that policies are read by", async () => {
  const file = resolve(import.meta.dirname, "../../docs/lastgood.schema.json");
  await expect(`${JSON.stringify(policyJsonSchema(), undefined, 2)}\n`).toMatchFileSnapshot(file);
});
