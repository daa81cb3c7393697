import { pathToFileURL } from "node:url";

/**
 * One environment of a function, as Lambda has it: loads a bundle and serves one event after the other. Which bundle says
 * the first argument; its variables are all that this process has.
 */
export interface Served {
  readonly event: unknown;
  readonly requestId: string;
  readonly functionName: string;
  readonly remainingMs: number;
}

export type Answered =
  | { readonly result: unknown }
  | { readonly error: { readonly name: string; readonly message: string } };

type Handler = (event: unknown, context: object) => Promise<unknown>;

const [file = ""] = process.argv.slice(2);
const { handler } = (await import(pathToFileURL(file).href)) as { readonly handler: Handler };

const answerTo = async ({ event, requestId, functionName, remainingMs }: Served): Promise<Answered> => {
  const endsAt = Date.now() + remainingMs;
  const context = {
    awsRequestId: requestId,
    functionName,
    functionVersion: "1",
    getRemainingTimeInMillis: () => Math.max(0, endsAt - Date.now()),
  };
  try {
    return { result: await handler(event, context) };
  } catch (error) {
    const { name, message } = error as Error;
    return { error: { name, message } };
  }
};

process.on("message", (served: Served) => void answerTo(served).then((answer) => process.send?.(answer)));
// With whoever started it.
process.on("disconnect", () => process.exit());
process.send?.("ready");
