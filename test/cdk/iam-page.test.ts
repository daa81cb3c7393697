import { expect, test } from "vitest";
import { iamPage } from "./iam-page.ts";

test("docs/aws/iam.md says what the template gives to each principal", async () => {
  await expect(iamPage()).toMatchFileSnapshot("../../docs/aws/iam.md");
});
