import { secondsText, twoDigits } from "./date.ts";
import { fixed } from "./field.ts";

const INT32_MAX = 0x7fffffff;
const INT32_MIN = -0x80000000;
const INT64_MAX = 0x7fffffffffffffffn;
const INT64_MIN = -0x8000000000000000n;
const MICROS_PER_MINUTE = 60_000_000n;

/**
 * intervalstyle postgres: `-1 years +2 mons 3 days -04:05:06.7`. Months, days and microseconds have signs of their own;
 * a positive part is marked with `+` only where the part before it was negative.
 */
export const interval = fixed("interval", 16, (bytes, start) => {
  const micros = bytes.readBigInt64BE(start);
  const days = bytes.readInt32BE(start + 8);
  const months = bytes.readInt32BE(start + 12);
  // PostgreSQL 17 gave the largest and smallest interval of the earlier versions the meaning of infinity.
  if (micros === INT64_MAX && days === INT32_MAX && months === INT32_MAX) return "infinity";
  if (micros === INT64_MIN && days === INT32_MIN && months === INT32_MIN) return "-infinity";

  let text = "";
  let afterNegative = false;
  const add = (value: number, unit: string): void => {
    if (value === 0) return;
    text += `${text === "" ? "" : " "}${afterNegative && value > 0 ? "+" : ""}${value} ${unit}${value === 1 ? "" : "s"}`;
    afterNegative = value < 0;
  };
  add(Math.trunc(months / 12), "year");
  add(months % 12, "mon");
  add(days, "day");
  if (text !== "" && micros === 0n) return text;

  const sign = micros < 0n ? "-" : afterNegative ? "+" : "";
  const size = micros < 0n ? -micros : micros;
  const minutes = Number(size / MICROS_PER_MINUTE);
  const hours = twoDigits(Math.floor(minutes / 60));
  const clock = `${hours}:${twoDigits(minutes % 60)}${secondsText(Number(size % MICROS_PER_MINUTE))}`;
  return `${text === "" ? "" : `${text} `}${sign}${clock}`;
});
