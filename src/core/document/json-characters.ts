export function isWhitespace(code: number): boolean {
  return code === 32 || code === 10 || code === 13 || code === 9;
}

/** White space that editors show like a space and JSON does not know: no-break space, zero-width space, BOM, form feed … */
export function isForeignWhitespace(code: number): boolean {
  return (
    code === 0xa0 ||
    code === 11 ||
    code === 12 ||
    code === 0 ||
    (code >= 0x2000 && code <= 0x200f) ||
    code === 0x2028 ||
    code === 0x2029 ||
    code === 0x202f ||
    code === 0x205f ||
    code === 0x3000 ||
    code === 0xfeff
  );
}

export function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

export function isWordStart(code: number): boolean {
  return (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 95 || code === 36;
}

export function isWordPart(code: number): boolean {
  return isWordStart(code) || isDigit(code);
}
