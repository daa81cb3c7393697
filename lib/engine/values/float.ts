import { fixed } from "./field.ts";

/** PostgreSQL prints a float in fixed point while its decimal exponent is at least -4 and below this, like printf's %g. */
const FLOAT8_FIXED_EXPONENT_END = 15;
const FLOAT4_FIXED_EXPONENT_END = 6;
const FLOAT4_DIGITS_MAX = 9;
const FLOAT8_DIGITS_MAX = 17;
const FLOAT4_MIN_NORMAL = 2 ** -126;

export const float8 = fixed("float8", 8, (bytes, start) => float8Text(bytes.readDoubleBE(start)));
export const float4 = fixed("float4", 4, (bytes, start) => float4Text(bytes.readFloatBE(start)));

/** The shortest decimal that reads back as this float8, as PostgreSQL prints it with extra_float_digits of 1 or more. */
export const float8Text = (value: number): string => {
  const magnitude = Math.abs(value);
  // The same digits as JavaScript's, and the same form too in the range in which neither uses an exponent.
  if (magnitude >= 1e-4 && magnitude < 1e15) return String(value);
  if (!Number.isFinite(value) || value === 0) return Object.is(value, -0) ? "-0" : String(value);
  return layOut(value < 0, shortestFloat8(magnitude), FLOAT8_FIXED_EXPONENT_END);
};

/** The shortest decimal that reads back as this float4. */
export const float4Text = (value: number): string => {
  if (!Number.isFinite(value) || value === 0) return Object.is(value, -0) ? "-0" : String(value);
  return layOut(value < 0, shortestFloat4(Math.abs(value)), FLOAT4_FIXED_EXPONENT_END);
};

/** JavaScript's shortest decimal may lie half-way between two float8 only in here; see shortestFloat8. */
const HALF_WAY_START = 2 ** 53;
const HALF_WAY_END = 1e40;

/**
 * JavaScript's shortest digits, except where they lie exactly half-way between two floats: there JavaScript relies on the
 * reader to round to even, and PostgreSQL does not (1e23 prints as 9.999999999999999e+22). A point half-way is an odd
 * number of 54 bits times a power of two. If it is d * 10^k with d of at most 17 digits, 5^k divides 54 bits: k is at most
 * 23. Below 2^53 such a point has decimals that the float itself does not need.
 */
const shortestFloat8 = (value: number): string => {
  const shortest = value.toExponential();
  if (value < HALF_WAY_START || value > HALF_WAY_END || insideFloat8(shortest, value)) return shortest;
  for (let digits = digitCount(shortest); digits < FLOAT8_DIGITS_MAX; digits++) {
    const longer = value.toExponential(digits);
    if (insideFloat8(longer, value)) return longer;
  }
  return value.toExponential(FLOAT8_DIGITS_MAX - 1);
};

/** Whether a decimal is nearer to an integral float8 than half of the gap to either neighbour. */
const insideFloat8 = (decimal: string, value: number): boolean => {
  if (Number(decimal) !== value) return false;
  const [mantissa = "", exponent = ""] = decimal.split("e");
  const [whole = "", fraction = ""] = mantissa.split(".");
  const exact = BigInt(whole + fraction) * 10n ** BigInt(Number(exponent) - fraction.length);
  const distance = exact - BigInt(value);
  scratch.setFloat64(0, value);
  const gap = 2n ** BigInt((scratch.getUint16(0) >> 4) - 1023 - 52);
  // Below a power of two floats are twice as dense.
  const isPowerOfTwo = (scratch.getBigUint64(0) & 0xfffffffffffffn) === 0n;
  return distance < 0n ? -distance * (isPowerOfTwo ? 4n : 2n) < gap : distance * 2n < gap;
};

const scratch = new DataView(new ArrayBuffer(8));

/**
 * A float4 is exact as a float8, and so are the two points half-way to its neighbours: the digits are the fewest whose
 * decimal lies between those.
 */
const shortestFloat4 = (value: number): string => {
  scratch.setFloat32(0, value);
  const encoded = scratch.getUint32(0);
  scratch.setUint32(0, encoded - 1);
  const low = (value + scratch.getFloat32(0)) / 2;
  // From the gap below, twice as wide above a power of two: the largest float4 has no neighbour above to ask.
  const high = value + (value - low) * ((encoded & 0x7fffff) === 0 && value > FLOAT4_MIN_NORMAL ? 2 : 1);
  // Six digits survive the way through a normal float4 and back, so if fewer are enough, the six end in zeros.
  for (let digits = value < FLOAT4_MIN_NORMAL ? 1 : 6; digits < FLOAT4_DIGITS_MAX; digits++) {
    const nearest = nearestEven(value, digits);
    const read = Number(nearest);
    if (read > low && read < high) return withoutTrailingZeros(nearest);
    // Only at a power of two: the gap below is half of the gap above, so the second nearest may be inside.
    if (read > low) continue;
    const above = successor(nearest);
    if (Number(above) < high) return withoutTrailingZeros(above);
  }
  return withoutTrailingZeros(nearestEven(value, FLOAT4_DIGITS_MAX));
};

/** The nearest decimal of so many digits; of two that are equally near the even one, where toExponential takes the upper. */
const nearestEven = (value: number, digits: number): string => {
  const nearest = value.toExponential(digits - 1);
  const at = nearest.indexOf("e");
  const lastDigit = nearest.charCodeAt(at - 1) - 0x30;
  if (lastDigit % 2 === 0) return nearest;
  // Half-way between two decimals with d decimals means a multiple of 2^-(d+1) that has exactly one decimal more, a 5.
  const decimals = digits - 1 - Number(nearest.slice(at + 1));
  if (decimals < 0 || decimals > 60 || !Number.isInteger(value * 2 ** (decimals + 1))) return nearest;
  const exact = value.toExponential(digits);
  if (!exact.includes("5e") || Number.isInteger(value * 2 ** decimals)) return nearest;
  return `${nearest.slice(0, at - 1)}${lastDigit - 1}${nearest.slice(at)}`;
};

/** The next decimal of as many digits. */
const successor = (decimal: string): string => {
  const at = decimal.indexOf("e");
  const digits = decimal.slice(0, at).replace(".", "");
  const next = String(Number(digits) + 1);
  const exponent = Number(decimal.slice(at + 1)) + next.length - digits.length;
  return `${next.charAt(0)}${next.length > 1 ? "." : ""}${next.slice(1)}e${exponent}`;
};

const digitCount = (decimal: string): number => decimal.indexOf("e") - (decimal.charAt(1) === "." ? 1 : 0);

const withoutTrailingZeros = (decimal: string): string => {
  const exponentAt = decimal.indexOf("e");
  if (decimal.charAt(1) !== ".") return decimal;
  let end = exponentAt;
  while (decimal.charCodeAt(end - 1) === 0x30) end--;
  if (end === 2) end = 1;
  return decimal.slice(0, end) + decimal.slice(exponentAt);
};

/** Lays out `d.ddde±x` the way PostgreSQL does: fixed point for middling exponents, else at least two exponent digits. */
const layOut = (negative: boolean, decimal: string, fixedExponentEnd: number): string => {
  const sign = negative ? "-" : "";
  const at = decimal.indexOf("e");
  const exponent = Number(decimal.slice(at + 1));
  const mantissa = decimal.slice(0, at);
  if (exponent < -4 || exponent >= fixedExponentEnd) {
    const size = String(Math.abs(exponent)).padStart(2, "0");
    return `${sign}${mantissa}e${exponent < 0 ? "-" : "+"}${size}`;
  }
  const digits = mantissa.charAt(0) + mantissa.slice(2);
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
  if (digits.length <= exponent + 1) return sign + digits.padEnd(exponent + 1, "0");
  return `${sign}${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`;
};
