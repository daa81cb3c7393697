const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const TAB = 0x09;
const CARRIAGE_RETURN = 0x0d;

const isSpace = (code: number): boolean => code === SPACE || (code >= TAB && code <= CARRIAGE_RETURN);

/** Whether a text holds white space, a quote, a backslash or one of the characters that mean something in its container. */
export const hasSpecial = (text: string, special: string): boolean => {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (isSpace(code) || code === QUOTE || code === BACKSLASH || special.includes(text.charAt(index))) return true;
  }
  return false;
};
