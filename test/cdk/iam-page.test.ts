import { expect, test } from "vitest";
import { iamPage } from "./iam-page.ts";

test("docs/guide/iam.md says what the template gives to each principal", async () => {
  await expect(iamPage()).toMatchFileSnapshot("../../docs/guide/iam.md");
});
