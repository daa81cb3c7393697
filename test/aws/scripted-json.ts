import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { onTestFinished } from "vitest";

/** One answer of a service that speaks AWS's JSON protocol (KMS, Secrets Manager), as it stands on the wire. */
export type Answer =
  | { readonly status: number; readonly type: string; readonly message?: string }
  | { readonly body: object | string }
  | "no answer";

export interface Request {
  /** For instance `TrentService.Decrypt`. */
  readonly target: string;
  readonly body: Readonly<Record<string, unknown>>;
}

const CREDENTIALS = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "scripted" };

/**
 * A server that gives one answer after another, the last one again and again: what no emulator can be brought to say. Errors
 * go through the SDK's own reading of the wire; a mocked client would only repeat what its author believes.
 */
export async function scriptedJson(...answers: readonly [Answer, ...Answer[]]) {
  const requests: Request[] = [];
  const answerOne = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = (await json(request)) as Request["body"];
    requests.push({ target: String(request.headers["x-amz-target"]), body });
    const answer = answers[Math.min(requests.length, answers.length) - 1];
    if (answer === undefined || answer === "no answer") return;
    if ("body" in answer) response.end(typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body));
    else response.writeHead(answer.status).end(JSON.stringify({ __type: answer.type, message: answer.message }));
  };
  const server = createServer((request, response) => void answerOne(request, response)).listen(0, "127.0.0.1");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, "listening");
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { requests, access: { endpoint, region: "eu-central-1", credentials: CREDENTIALS } };
}
