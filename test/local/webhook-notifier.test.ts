import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { webhookNotifier } from "../../lib/local/webhook-notifier.ts";
import type { SentAlarm } from "../../lib/ports/notifier.ts";

const ALARM: SentAlarm = {
  level: "page",
  about: "part",
  part: { store: "hot", id: "p1", class: "people" },
  deadline: 7,
  message: "class people of point p1 is still there",
  vaultId: "v1",
  at: 8,
};

interface Asked {
  readonly method: string | undefined;
  readonly type: string | undefined;
  readonly body: unknown;
}

/** A webhook that answers as it is told, and what it was asked. */
const webhook = async (answer: (response: ServerResponse) => void) => {
  const asked: Asked[] = [];
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method, headers } = request;
    asked.push({ method, type: headers["content-type"], body: JSON.parse(Buffer.concat(chunks).toString()) });
    answer(response);
  };
  const server = createServer((request, response) => void take(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/secret-token`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
};

test("an alarm is posted once as JSON, with its schema and a line for chats", async () => {
  await using hook = await webhook((response) => response.writeHead(204).end());
  await webhookNotifier(hook.url).notify(ALARM);
  expect(hook.asked).toEqual([
    {
      method: "POST",
      type: "application/json",
      body: {
        schema: "lastgood.alarm/1",
        text: "Lastgood page: class people of point p1 is still there",
        ...ALARM,
      },
    },
  ]);
});

test.each([300, 302, 400, 404, 500, 503])(
  "status %i is a failure that names the status and not the address",
  async (status) => {
    await using hook = await webhook((response) =>
      response.writeHead(status, { location: "http://127.0.0.1:1/" }).end("no"),
    );
    await expect(webhookNotifier(hook.url).notify(ALARM)).rejects.toMatchObject({
      code: "NOTIFY_FAILED",
      message: `the webhook answered with status ${status}`,
    });
    expect(hook.asked.length).toBe(1);
  },
);

test("an answer that does not come is a failure, not a wait", async () => {
  await using hook = await webhook(() => {});
  await expect(webhookNotifier(hook.url, 50).notify(ALARM)).rejects.toMatchObject({
    code: "NOTIFY_FAILED",
    message: "the webhook did not answer: TimeoutError",
  });
});

test("nobody there, and what is no address, are failures that do not tell the address", async () => {
  let closed = "";
  {
    await using hook = await webhook(() => {});
    closed = hook.url;
  }
  for (const [address, message] of [
    [closed, "the webhook did not answer: ECONNREFUSED"],
    ["ftp://token@host/", "the webhook's address is no http or https URL"],
    ["not an address with a token", "the webhook's address is no http or https URL"],
  ] as const)
    await expect(webhookNotifier(address).notify(ALARM)).rejects.toMatchObject({ code: "NOTIFY_FAILED", message });
});
