/** A value in which only plain printable characters stand for themselves (RFC 3461, 4). */
export function xtext(value: string): string {
  return Buffer.from(value)
    .toString('latin1')
    .replace(/[^\x21-\x2a\x2c-\x3c\x3e-\x7e]/g, escapeByte)
}

function escapeByte(character: string): string {
  return `+${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
}
