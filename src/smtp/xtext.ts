/** RFC 3461, 4: `+2B` is a plus. Undefined for what is no xtext, or hides control characters. */
export function decodeXtext(value: string): string | undefined {
  if (!/^(?:[\x21-\x2a\x2c-\x3c\x3e-\x7e]|\+[0-9A-F]{2})+$/.test(value)) return undefined
  const text = value.replace(/\+([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return /[\x00-\x1f\x7f]/.test(text) ? undefined : text
}
