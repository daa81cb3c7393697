/** What may stand in a line: values that our own code names one by one. Never an event, a row, a key or an error's own text. */
export type Facts = Readonly<Record<string, string | number | boolean | undefined>>;

export interface Log {
  info(message: string, facts?: Facts): void;
  warn(message: string, facts?: Facts): void;
  error(message: string, facts?: Facts): void;
}

/** Writes one line. */
export type WriteLine = (line: string) => void;

/** Not console: it would put time and request before the JSON, and then nobody finds metrics in it. */
export const writeToStdout: WriteLine = (line) => {
  process.stdout.write(`${line}\n`);
};

/**
 * Lines of JSON. Own, because the library for it takes 23 kB of a bundle and 14 ms of its start where this takes none
 * (bench/lambda-imports.ts measures what is there now).
 * @param common  stands in every line: what finds the lines of one request, one execution, one release
 */
export const openLog = (write: WriteLine, common: Facts): Log => {
  const line =
    (level: "INFO" | "WARN" | "ERROR") =>
    (message: string, facts: Facts = {}) => {
      write(JSON.stringify({ level, message, ...common, ...facts }));
    };
  return { info: line("INFO"), warn: line("WARN"), error: line("ERROR") };
};

/** A log whose lines all hold some facts more. */
export const withFacts = (log: Log, more: Facts): Log => ({
  info: (message, facts) => log.info(message, { ...more, ...facts }),
  warn: (message, facts) => log.warn(message, { ...more, ...facts }),
  error: (message, facts) => log.error(message, { ...more, ...facts }),
});

/**
 * The log as the durable SDK calls it, also with errors of its own and whatever came with them: of those only the names of
 * errors are told.
 */
export const durableLogger = (log: Log) => {
  const line =
    (level: keyof Log) =>
    (message?: unknown, ...rest: readonly unknown[]): void => {
      const [facts] = rest;
      const error = [message, ...rest].find((value) => value instanceof Error);
      if (typeof message !== "string") log[level]("the durable SDK reports", { error: error?.name });
      else if (error === undefined && isFacts(facts)) log[level](message, facts);
      else log[level](message, { error: error?.name });
    };
  return { info: line("info"), warn: line("warn"), error: line("error"), debug: () => {} };
};

const isFacts = (value: unknown): value is Facts => typeof value === "object" && value !== null;
