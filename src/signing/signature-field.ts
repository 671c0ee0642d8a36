import { createHash, sign } from 'node:crypto'
import type { SigningKey } from './signing-key.ts'

// RFC 5322, 2.1.1: lines should have no more than 78 characters.
const mostCharacters = 76

/** A tag of a signature: its value may be broken between its pieces, which stay as they are (RFC 6376, 3.5). */
export type Tag = readonly [name: string, ...pieces: readonly string[]]

/** A header field of tags that ends with an empty `b=`, folded, without its line end. */
export function unsignedField(name: string, tags: readonly Tag[]): string {
  let field = `${name}:`
  let column = field.length
  const put = (text: string, space: string) => {
    const breaks = column + space.length + text.length > mostCharacters
    field += breaks ? `\r\n\t${text}` : `${space}${text}`
    column = breaks ? 1 + text.length : column + space.length + text.length
  }
  for (const [tag, first = '', ...pieces] of tags) {
    put(`${tag}=${first}${pieces.length === 0 ? ';' : ''}`, ' ')
    for (const [at, piece] of pieces.entries()) put(at === pieces.length - 1 ? `${piece};` : piece, '')
  }
  return `${field}\r\n\tb=`
}

/** The same with its signature, and its line end. */
export function signedField(unsigned: string, signature: Buffer): string {
  return `${unsigned}${inLines(signature.toString('base64'))}\r\n`
}

/** Signs what has been made of a header (RFC 6376, 3.7; RFC 8463, 3: Ed25519 signs its hash). */
export function signText(text: Buffer, { algorithm, privateKey }: SigningKey): Buffer {
  if (algorithm === 'rsa-sha256') return sign('sha256', text, privateKey)
  return sign(null, createHash('sha256').update(text).digest(), privateKey)
}

/** The pieces of `h=`. */
export function listOfNames(names: readonly string[]): readonly string[] {
  return names.map((name, at) => (at === names.length - 1 ? name : `${name}:`))
}

const perLine = 72

function inLines(text: string): string {
  let lines = text.slice(0, perLine)
  for (let at = perLine; at < text.length; at += perLine) lines += `\r\n\t${text.slice(at, at + perLine)}`
  return lines
}
