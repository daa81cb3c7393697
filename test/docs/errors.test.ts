import { expect, test } from "vitest";
import { EXIT_MEANINGS } from "../../bin/exit-status.ts";
import { ERRORS, EXIT } from "../../lib/model/errors.ts";
import { errorsPage } from "./errors-page.ts";

test("docs/errors.md says what the program's own tables say", async () => {
  await expect(errorsPage()).toMatchFileSnapshot("../../docs/errors.md");
});

test("every exit status has a meaning, and every code a documented status", () => {
  expect(Object.keys(EXIT_MEANINGS).toSorted()).toEqual(Object.keys(EXIT).toSorted());
  const documented: readonly number[] = Object.values(EXIT);
  for (const [code, kind] of Object.entries(ERRORS)) expect(documented, code).toContain(kind.exit);
});

test("hints are the operator's next step in lower case, without a full stop", () => {
  for (const [code, kind] of Object.entries(ERRORS)) expect(kind.hint, code).not.toMatch(/\.$/);
});
