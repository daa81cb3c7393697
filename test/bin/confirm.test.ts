import { expect, test } from "vitest";
import { confirmByName, confirmOption } from "../../bin/confirm.ts";
import { type AddCommand, main } from "../../bin/program.ts";
import { EXIT } from "../../lib/model/errors.ts";
import { fakeContext } from "./fake-context.ts";

const addDrop: AddCommand = (program, act) => {
  program
    .command("drop")
    .addOption(confirmOption())
    .action(
      act(async (session, options) => {
        await confirmByName(session, { act: "drop table orders", name: "orders", given: options.confirm });
        session.output.result("drop", {}, () => ["dropped"]);
        return EXIT.ok;
      }),
    );
};

const drop = async (args: string[], answers?: string[]) => {
  const context = fakeContext(answers === undefined ? {} : { answers });
  return { status: await main(["drop", ...args], context, [addDrop]), out: context.out(), err: context.err() };
};

test("a severe act goes on when its target's name is typed", async () => {
  expect(await drop([], ["orders"])).toEqual({
    status: EXIT.ok,
    out: "dropped\n",
    err: "This will drop table orders.\nType orders to go on: ",
  });
});

test("a severe act goes on unasked when --confirm has its target's name", async () => {
  expect(await drop(["--confirm", "orders", "--no-input"])).toEqual({ status: EXIT.ok, out: "dropped\n", err: "" });
});

test.each([
  ["another name", [], ["order"], 'got "order", expected "orders"'],
  ["an empty answer", [], [""], 'got "", expected "orders"'],
  ["a yes", [], ["y"], 'got "y"'],
  ["a wrong --confirm, without asking", ["--confirm", "order"], ["orders"], 'got "order"'],
  ["nobody to ask", [], undefined, "nobody can be asked here"],
  ["--no-input", ["--no-input"], ["orders"], "nobody can be asked here"],
])("fails with status 4 and nothing changed on %s", async (_, args, answers, reason) => {
  const { status, out, err } = await drop(args, answers);
  expect({ status, out }).toEqual({ status: EXIT.refused, out: "" });
  expect(err).toContain(`not confirmed, nothing was changed: ${reason}`);
});
