import { expect, test } from "vitest";
import { COMMANDS } from "../../bin/commands.ts";
import { databaseOption } from "../../bin/options.ts";
import { type AddCommand, main, nounOf } from "../../bin/program.ts";
import { EXIT, Failure } from "../../lib/model/errors.ts";
import manifest from "../../package.json" with { type: "json" };
import { fakeContext } from "./fake-context.ts";

/** `lastgood thing count --database x`, as a real command would be written. */
const addThingCount: AddCommand = (program, act) => {
  nounOf(program, "thing", "things of a test")
    .command("count")
    .description("count things")
    .addOption(databaseOption())
    .action(
      act((session, options) => {
        session.progress.report({
          phase: "counting",
          tablesDone: 0,
          tablesTotal: 0,
          rowsDone: 0,
          bytesDone: 0,
          elapsedMs: 0,
        });
        const database = options.database ?? "";
        session.output.result("thing.count", { database }, () => [`counted ${database}`]);
        return database === "empty" ? EXIT.different : EXIT.ok;
      }),
    );
};

const addThingBreak: AddCommand = (program, act) => {
  nounOf(program, "thing", "things of a test")
    .command("break")
    .argument("<how>")
    .action(
      act((_, how) => {
        throw how === "bug" ? new Error("oh") : new Failure("CAPTURE_RUNNING", "another capture runs since 16:00");
      }),
    );
};

/** Waits to be interrupted, then fails in its own way, as a broken connection does. */
const addWait: AddCommand = (program, act) => {
  program.command("wait").action(
    act(async (session) => {
      await new Promise((done) => session.signal.addEventListener("abort", done, { once: true }));
      throw new Error("connection closed");
    }),
  );
};

const run = async (args: string, options: Parameters<typeof fakeContext>[0] = {}) => {
  const context = fakeContext(options);
  const commands = [addThingCount, addThingBreak];
  const status = await main(
    args.split(" ").filter((word) => word !== ""),
    context,
    commands,
  );
  return { status, context, out: context.out(), err: context.err() };
};

test("--version is one line on standard output, exit status 0", async () => {
  expect(await run("--version")).toMatchObject({ status: 0, out: `${manifest.version}\n`, err: "" });
});

test("--help goes to standard output and lists commands and exit statuses", async () => {
  const { status, out, err } = await run("--help");
  expect({ status, err }).toEqual({ status: 0, err: "" });
  for (const text of ["thing", "--json", "--no-input", "Exit status:", "130  stopped by Ctrl-C"])
    expect(out).toContain(text);
});

test("help of a verb names its options, their variables, and the options of all", async () => {
  const { out } = await run("thing count --help");
  for (const text of ["--database <url>", "LASTGOOD_DATABASE", "--json"]) expect(out).toContain(text);
});

test.each([
  [
    "restore apply plan.json --jobs 0",
    "option '--jobs <count>' argument '0' is invalid: expected a whole number from 1 to 32",
  ],
  [
    "verify --level deep",
    "option '--level <level>' argument 'deep' is invalid: allowed choices are list, read, restore",
  ],
])("fails on %s with one sentence", async (args, says) => {
  const context = fakeContext();
  expect(await main(args.split(" "), context, COMMANDS)).toBe(EXIT.usage);
  expect(context.err()).toMatch(`error: ${says}\n`);
});

test("data goes to standard output, progress to standard error", async () => {
  expect(await run("thing count --database a")).toMatchObject({ status: 0, out: "counted a\n", err: "counting\n" });
});

test.each(["--json thing count --database a", "thing --json count --database a", "thing count --database a --json"])(
  "--json is understood wherever it stands: %s",
  async (args) => {
    const { out, context } = await run(args);
    expect(JSON.parse(out)).toEqual({ schema: "lastgood.thing.count/1", database: "a" });
    expect(context.events()).toMatchObject([{ schema: "lastgood.progress/1", phase: "counting" }]);
  },
);

test("a command may end with a status of its own", async () => {
  expect((await run("thing count --database empty")).status).toBe(EXIT.different);
});

test.each([
  ["a person is asked and answers", "drop", { answers: ["shop"] }, "shop"],
  ["nobody is asked where there is no terminal", "drop", {}, "nobody"],
  ["--no-input forbids questions even at a terminal", "drop --no-input", { answers: ["shop"] }, "nobody"],
])("%s", async (_, args, options, answer) => {
  const context = fakeContext(options);
  const addDrop: AddCommand = (program, act) => {
    program.command("drop").action(
      act(async (session) => {
        session.output.raw((await session.ask("which? ")) ?? "nobody");
        return EXIT.ok;
      }),
    );
  };
  await main(args.split(" "), context, [addDrop]);
  expect(context.out()).toBe(answer);
});

test("a failure of a command gives its message, hint and status, and leaves signals alone", async () => {
  const { status, err, context } = await run("thing break conflict");
  expect(status).toBe(EXIT.conflict);
  expect(err).toBe("error: another capture runs since 16:00\nhint: wait for the other capture, then run again\n");
  expect(context.listeners()).toBe(0);
});

test("a bug is not hidden behind a status of an operator's failure", async () => {
  expect(await run("thing break bug")).toMatchObject({
    status: EXIT.error,
    err: expect.stringContaining("unexpected Error: oh") as string,
  });
});

test.each([
  ["an unknown command", "thingy", "unknown command 'thingy' (Did you mean thing?)"],
  ["an unknown verb", "thing cuont", "unknown command 'cuont' (Did you mean count?)"],
  ["an unknown option", "thing count --datbase a", "unknown option '--datbase' (Did you mean --database?)"],
  ["an option without its value", "thing count --database", "option '--database <url>' argument missing"],
  ["a missing argument", "thing break", "missing required argument 'how'"],
  ["an argument too many", "thing count a b", "too many arguments for 'count'. Expected 0 arguments but got 2"],
])("fails on %s with status 2 and what was meant", async (_, args, message) => {
  const people = await run(args);
  expect(people).toMatchObject({ status: EXIT.usage, out: "" });
  expect(people.err.split("\n")[0]).toContain(`error: ${message}`);
  const json = await run(`${args} --json`.replace("--database --json", "--json --database"));
  expect(json.context.events()).toMatchObject([{ schema: "lastgood.error/1", error: { code: "USAGE", exit: 2 } }]);
});

test.each(["", "thing"])("fails with the help on standard error if no command is given: '%s'", async (args) => {
  const { status, out, err } = await run(args);
  expect({ status, out }).toEqual({ status: EXIT.usage, out: "" });
  expect(err).toMatch(/Usage: lastgood[^]*error: no command given\n/);
});

test("Ctrl-C ends a command with 130, whatever broke because of it", async () => {
  const context = fakeContext();
  const ended = main(["wait"], context, [addWait]);
  await expect.poll(() => context.listeners()).toBe(1);
  context.interrupt("SIGINT");
  expect(await ended).toBe(EXIT.interrupted);
  expect(context.err()).toContain("error: stopped by SIGINT\nhint: run the same command again; it continues\n");
});
