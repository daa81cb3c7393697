import { RDSClient } from "@aws-sdk/client-rds";
import { HttpResponse } from "@smithy/core/protocols";
import { SHORT_CALLS } from "../../lib/aws/short-calls.ts";

/** What RDS says on the wire to one attempt of a call: an error by its code, a result as XML, or nothing but a broken socket. */
export type Answer =
  | { readonly code: string; readonly message?: string; readonly status?: number }
  | { readonly result: string }
  | { readonly socket: string };

export interface ScriptedRds {
  readonly client: RDSClient;
  /** Actions as they were asked for, attempts of the SDK's own included. */
  readonly asked: readonly string[];
  /** Throws if an answer was not asked for, or one that is not there was: such a test proves less than it says. */
  assertScriptKept(): void;
}

/**
 * RDS as its wire protocol, under the SDK's own parsing and retries, for what no emulator does: states that pass, quotas,
 * throttling, missing rights, lost answers. aws-sdk-client-mock would answer above both, where `Throttling` is retried by
 * nobody and the name of an error is whatever the test calls it.
 * @param script  the answers to each action in their order
 */
export function scriptedRds(script: Readonly<Record<string, readonly Answer[]>>): ScriptedRds {
  const left = new Map(Object.entries(script).map(([action, answers]) => [action, [...answers]]));
  const asked: string[] = [];
  const beyond: string[] = [];
  const handle = async ({ body }: { body?: unknown }): Promise<{ response: HttpResponse }> => {
    const action = new URLSearchParams(String(body)).get("Action") ?? "";
    asked.push(action);
    const answer = left.get(action)?.shift();
    if (answer === undefined) {
      // The SDK makes an error of its own of whatever is thrown here, so the test is told at its end.
      beyond.push(action);
      throw new RangeError(`nothing is scripted for call ${asked.length}, ${action}`);
    }
    if ("socket" in answer) throw Object.assign(new Error(`read ${answer.socket}`), { code: answer.socket });
    const [statusCode, xml] =
      "result" in answer
        ? [
            200,
            `<${action}Response xmlns="${XMLNS}"><${action}Result>${answer.result}</${action}Result></${action}Response>`,
          ]
        : [answer.status ?? 400, errorXml(answer.code, answer.message ?? answer.code)];
    return {
      response: new HttpResponse({ statusCode, headers: { "content-type": "text/xml" }, body: Buffer.from(xml) }),
    };
  };
  const client = new RDSClient({
    ...SHORT_CALLS,
    region: "eu-central-1",
    credentials: { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "scripted" },
    requestHandler: { handle } as never,
  });
  return {
    client,
    asked,
    assertScriptKept() {
      if (beyond.length > 0) throw new Error(`not scripted: ${beyond.join(", ")}`);
      const unasked = [...left].flatMap(([action, answers]) => answers.map(() => action));
      if (unasked.length > 0) throw new Error(`never asked for: ${unasked.join(", ")}`);
    },
  };
}

const XMLNS = "http://rds.amazonaws.com/doc/2014-10-31/";

const errorXml = (code: string, message: string): string =>
  `<ErrorResponse xmlns="${XMLNS}"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error>` +
  "<RequestId>4f2c1d9e-0000-4000-8000-000000000000</RequestId></ErrorResponse>";

interface Shown {
  readonly id: string;
  readonly status: string;
  readonly percent?: number;
  readonly tags?: Partial<typeof OURS>;
  readonly databaseTime?: string;
  readonly arn?: string;
}

const OURS = {
  "lastgood:release": "2026.11.3",
  "lastgood:commit": "4f2c1d9",
  "lastgood:expires": "2026-12-24T00:00:00.000Z",
};

/** A snapshot as RDS describes it: of release 2026.11.3 and commit 4f2c1d9 unless its tags say otherwise. */
export const snapshotXml = (kind: "instance" | "cluster", shown: Shown): string => {
  const { id, status, percent = 0, tags, databaseTime, arn = `arn:aws:rds:eu-central-1:123456789012:${id}` } = shown;
  const type = kind === "instance" ? "DBSnapshot" : "DBClusterSnapshot";
  const list = Object.entries({ ...OURS, ...tags }).map(
    ([key, value]) => `<Tag><Key>${key}</Key><Value>${value}</Value></Tag>`,
  );
  const time = databaseTime === undefined ? "" : `<SnapshotDatabaseTime>${databaseTime}</SnapshotDatabaseTime>`;
  return (
    `<${type}><${type}Identifier>${id}</${type}Identifier><${type}Arn>${arn}</${type}Arn><Status>${status}</Status>` +
    `<PercentProgress>${percent}</PercentProgress>${time}<TagList>${list.join("")}</TagList></${type}>`
  );
};

/** The answer to a describe that found these. */
export const foundXml = (kind: "instance" | "cluster", ...shown: readonly Shown[]): Answer => {
  const list = kind === "instance" ? "DBSnapshots" : "DBClusterSnapshots";
  return { result: `<${list}>${shown.map((one) => snapshotXml(kind, one)).join("")}</${list}>` };
};
