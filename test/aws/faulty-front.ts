import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { onTestFinished } from "vitest";

/** What goes wrong with one request. */
export type Fault =
  /** The server never hears of it; this is answered. */
  | {
      readonly answer: number;
      readonly code?: string;
      readonly headers?: Record<string, string>;
      readonly body?: string;
    }
  /** The connection is cut before anything is heard. */
  | "refuse"
  /** It is done, and the connection is cut before the answer. */
  | "lose the answer"
  /** The answer begins well, and after half of its body the connection is cut. */
  | "cut the body"
  /** The same, but the connection stays and says nothing more. */
  | "stall the body"
  /** A byte of the body is another one when it arrives. */
  | "damage the answer"
  | "damage the request";

export interface FaultyFront {
  readonly endpoint: string;
  /** Lets the next requests of a method go wrong, one after the other. */
  next(method: string, ...faults: readonly Fault[]): void;
  /** Requests that came, as `PUT /bucket/name`. */
  readonly requests: readonly string[];
  /** Most requests that were under way at one time. */
  readonly mostAtOnce: number;
  /** A fault that never happened proves nothing. */
  assertAllFired(): void;
}

/** A server in front of the emulator that does to requests, on the wire, what no emulator does. Ends with the test. */
export async function faultyFront(behind: string): Promise<FaultyFront> {
  const queues = new Map<string, Fault[]>();
  const requests: string[] = [];
  let [underWay, mostAtOnce] = [0, 0];
  const server = createServer((incoming, outgoing) => {
    requests.push(`${incoming.method} ${incoming.url?.split("?")[0]}`);
    underWay += 1;
    mostAtOnce = Math.max(mostAtOnce, underWay);
    outgoing.once("close", () => {
      underWay -= 1;
    });
    const fault = queues.get(incoming.method ?? "")?.shift();
    pass(incoming, outgoing, behind, fault).catch((error: unknown) => outgoing.destroy(error as Error));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    get mostAtOnce() {
      return mostAtOnce;
    },
    next(method, ...faults) {
      queues.set(method, [...(queues.get(method) ?? []), ...faults]);
    },
    assertAllFired() {
      const left = [...queues].flatMap(([method, faults]) =>
        faults.map((fault) => `${method} ${JSON.stringify(fault)}`),
      );
      if (left.length > 0) throw new Error(`faults that never happened: ${left.join(", ")}`);
    },
  };
}

async function pass(incoming: IncomingMessage, outgoing: ServerResponse, behind: string, fault?: Fault): Promise<void> {
  const body = await buffer(incoming);
  if (typeof fault === "object") {
    refuse(outgoing, incoming, fault);
    return;
  }
  if (fault === "refuse") {
    incoming.socket.destroy();
    return;
  }
  if (fault === "damage the request") damage(body);
  const answered = await forward(incoming, body, behind);
  const answer = await buffer(answered);
  if (fault === "lose the answer") {
    incoming.socket.destroy();
    return;
  }
  if (fault === "damage the answer") damage(answer);
  outgoing.writeHead(answered.statusCode ?? 500, answered.headers);
  if (fault === "cut the body" || fault === "stall the body") {
    outgoing.write(answer.subarray(0, answer.length / 2), () => {
      if (fault === "cut the body") incoming.socket.destroy();
    });
    return;
  }
  outgoing.end(answer);
}

async function forward(incoming: IncomingMessage, body: Buffer, behind: string): Promise<IncomingMessage> {
  const { method, headers } = incoming;
  const outer = request(new URL(incoming.url ?? "/", behind), { method, headers });
  outer.end(body);
  const [answered] = (await once(outer, "response")) as [IncomingMessage];
  return answered;
}

function refuse(outgoing: ServerResponse, incoming: IncomingMessage, fault: Extract<Fault, { answer: number }>): void {
  const error = fault.code && `<Error><Code>${fault.code}</Code><Message>as scripted</Message></Error>`;
  outgoing.writeHead(fault.answer, { "content-type": "application/xml", ...fault.headers });
  // HEAD has no body, whatever went wrong: that is why its errors have no names.
  outgoing.end(incoming.method === "HEAD" ? undefined : (fault.body ?? error));
}

function damage(body: Buffer): void {
  const middle = Math.floor(body.length / 2);
  body[middle] = (body[middle] ?? 0) ^ 1;
}
