import { type Decode, fixed, malformed } from "./field.ts";
import { exactInt64 } from "./scalar.ts";

/** Days are counted from 2000-01-01, times in microseconds. */
const DAYS_0000_03_01_TO_2000_01_01 = 730_425;
const DAYS_PER_ERA = 146_097; // 400 Gregorian years
const DAYS_PER_CENTURY = 36_524;
const DAYS_PER_4_YEARS = 1_461;

const DATE_INFINITY = 0x7fffffff;
const DATE_MINUS_INFINITY = -0x80000000;
/** 4714-11-24 BC and the day after 5874897-12-31: PostgreSQL's own limits. */
const DATE_MIN = -2_451_545;
const DATE_END = 2_145_031_949;

const TIMESTAMP_INFINITY = 0x7fffffffffffffffn;
const TIMESTAMP_MINUS_INFINITY = -0x8000000000000000n;
const TIMESTAMP_MIN = -211_813_488_000_000_000n;
const TIMESTAMP_END = 9_223_371_331_200_000_000n;

const MICROS_PER_SECOND = 1_000_000;
const MICROS_PER_DAY = 86_400 * MICROS_PER_SECOND;
const ZONE_SECONDS_END = 16 * 3600;

const TWO_DIGITS = Array.from({ length: 100 }, (_, number) => String(number).padStart(2, "0"));
export const twoDigits = (number: number): string => TWO_DIGITS[number] ?? String(number);

/** `:ss` or `:ss.ffffff` without trailing zeros, from the microseconds within a minute. */
export const secondsText = (micros: number): string => {
  const fraction = micros % MICROS_PER_SECOND;
  const seconds = `:${twoDigits((micros - fraction) / MICROS_PER_SECOND)}`;
  if (fraction === 0) return seconds;
  const digits = String(fraction).padStart(6, "0");
  let end = 6;
  while (digits.charCodeAt(end - 1) === 0x30) end--;
  return `${seconds}.${digits.slice(0, end)}`;
};

const clockText = (micros: number): string => {
  const minutes = Math.floor(micros / (60 * MICROS_PER_SECOND));
  const hours = Math.floor(minutes / 60);
  const rest = micros - minutes * 60 * MICROS_PER_SECOND;
  return `${twoDigits(hours)}:${twoDigits(minutes - hours * 60)}${secondsText(rest)}`;
};

/**
 * `yyyy-mm-dd` of the proleptic Gregorian calendar, the year without sign (year 0 is 1 BC).
 * Counting years from 1 March puts the leap day last, so that months follow from the day by one linear formula.
 */
const calendar = (days: number): { readonly text: string; readonly era: string } => {
  const sinceMarch = days + DAYS_0000_03_01_TO_2000_01_01;
  const era = Math.floor(sinceMarch / DAYS_PER_ERA);
  const dayOfEra = sinceMarch - era * DAYS_PER_ERA;
  const leapDays =
    Math.floor(dayOfEra / (DAYS_PER_4_YEARS - 1)) -
    Math.floor(dayOfEra / DAYS_PER_CENTURY) +
    Math.floor(dayOfEra / (DAYS_PER_ERA - 1));
  const yearOfEra = Math.floor((dayOfEra - leapDays) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const shown = String(year > 0 ? year : 1 - year).padStart(4, "0");
  return { text: `${shown}-${twoDigits(month)}-${twoDigits(day)}`, era: year > 0 ? "" : " BC" };
};

export const date = fixed("date", 4, (bytes, start) => {
  const days = bytes.readInt32BE(start);
  if (days === DATE_INFINITY) return "infinity";
  if (days === DATE_MINUS_INFINITY) return "-infinity";
  if (days < DATE_MIN || days >= DATE_END) throw malformed("date");
  const { text, era } = calendar(days);
  return text + era;
});

const timestampDecoder = (type: string, zone: string): Decode =>
  fixed(type, 8, (bytes, start) => {
    const exact = exactInt64(bytes, start);
    let days: number;
    let micros: number;
    if (exact !== undefined) {
      days = Math.floor(exact / MICROS_PER_DAY);
      micros = exact - days * MICROS_PER_DAY;
    } else {
      // More than 285 years from 2000: beyond what a number holds exactly.
      const wide = bytes.readBigInt64BE(start);
      if (wide === TIMESTAMP_INFINITY) return "infinity";
      if (wide === TIMESTAMP_MINUS_INFINITY) return "-infinity";
      if (wide < TIMESTAMP_MIN || wide >= TIMESTAMP_END) throw malformed(type);
      const perDay = BigInt(MICROS_PER_DAY);
      const remainder = ((wide % perDay) + perDay) % perDay;
      days = Number((wide - remainder) / perDay);
      micros = Number(remainder);
    }
    const { text, era } = calendar(days);
    return `${text} ${clockText(micros)}${zone}${era}`;
  });

export const timestamp = timestampDecoder("timestamp", "");
/** The session's time zone is pinned to UTC. */
export const timestamptz = timestampDecoder("timestamptz", "+00");

const timeOfDay = (type: string, bytes: Buffer, start: number): string => {
  const micros = exactInt64(bytes, start) ?? -1;
  // 24:00:00 is a time of its own, not midnight.
  if (micros < 0 || micros > MICROS_PER_DAY) throw malformed(type);
  return clockText(micros);
};

export const time = fixed("time", 8, (bytes, start) => timeOfDay("time", bytes, start));

/** The zone is stored in seconds west of Greenwich and printed as hours east, with minutes and seconds if there are any. */
export const timetz = fixed("timetz", 12, (bytes, start) => {
  const west = bytes.readInt32BE(start + 8);
  const offset = Math.abs(west);
  if (offset >= ZONE_SECONDS_END) throw malformed("timetz");
  const seconds = offset % 60;
  const minutes = ((offset - seconds) / 60) % 60;
  const zone =
    (west <= 0 ? "+" : "-") +
    twoDigits(Math.floor(offset / 3600)) +
    (minutes > 0 || seconds > 0 ? `:${twoDigits(minutes)}` : "") +
    (seconds > 0 ? `:${twoDigits(seconds)}` : "");
  return timeOfDay("timetz", bytes, start) + zone;
});
