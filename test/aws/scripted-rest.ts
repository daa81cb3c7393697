import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";

/** One answer of a service that speaks AWS's REST protocol with JSON (Lambda), as it stands on the wire. */
export type RestAnswer =
  | { readonly status: number; readonly type: string; readonly message?: string }
  | { readonly body: object; readonly headers?: Readonly<Record<string, string>> };

export interface RestRequest {
  /** `POST /path?query`, decoded. */
  readonly what: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

const CREDENTIALS = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "scripted" };

/** A server that gives one answer after another, the last one again and again: what no emulator can be brought to say. */
export async function scriptedRest(...answers: readonly [RestAnswer, ...RestAnswer[]]) {
  const requests: RestRequest[] = [];
  const answerOne = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const what = `${request.method} ${decodeURIComponent(request.url ?? "")}`;
    requests.push({ what, headers: request.headers, body: await text(request) });
    const answer = answers[Math.min(requests.length, answers.length) - 1] as RestAnswer;
    if ("body" in answer) response.writeHead(200, { ...answer.headers }).end(JSON.stringify(answer.body));
    else {
      const told = JSON.stringify({ Type: "User", Message: answer.message });
      response.writeHead(answer.status, { "x-amzn-errortype": answer.type }).end(told);
    }
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
