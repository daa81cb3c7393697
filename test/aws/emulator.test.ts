import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { startEmulator } from "./emulator.ts";

test("an emulator answers when it has started and is gone when it has stopped", async () => {
  const emulator = await startEmulator();
  expect((await fetch(emulator.endpoint)).status).toBe(200);
  await emulator.stop();
  await emulator.stop();
  await expect(fetch(emulator.endpoint)).rejects.toThrow("fetch failed");
});

test("an emulator ends with the process that started it, even if that is killed", async () => {
  const script = `
    const { startEmulator } = await import(${JSON.stringify(import.meta.resolve("./emulator.ts"))});
    console.log((await startEmulator()).endpoint);
    setInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const line = once(createInterface(parent.stdout), "line") as Promise<[string]>;
  const ended = once(parent, "exit").then(() => Promise.reject(new Error("it ended before it had an emulator")));
  const [endpoint] = await Promise.race([line, ended]);
  ended.catch(() => undefined);
  expect((await fetch(endpoint)).status).toBe(200);
  parent.kill("SIGKILL");
  // Its end is seen, not timed: the connection that waits for an answer is cut.
  await expect
    .poll(
      () =>
        fetch(endpoint).then(
          () => "alive",
          () => "gone",
        ),
      { timeout: 30_000 },
    )
    .toBe("gone");
});
