import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto'
import type { Ask } from './dns.ts'

const keys = new Map<string, KeyObject>()

/** Verifies the first signature of a message as it came over the wire, with the final dot; relaxed/relaxed, RSA only. */
export async function verifyDkim(message: Buffer, ask: Ask): Promise<{ readonly result: string; readonly domain: string }> {
  const headerEnd = message.indexOf('\r\n\r\n')
  const fields = message.toString('latin1', 0, headerEnd).split(/\r\n(?![ \t])/)
  const signature = fields.find(field => /^dkim-signature:/i.test(field))
  if (signature === undefined) return { result: 'none', domain: '' }
  const tag = tagsOf(signature)
  const [record] = await ask(`${tag('s')}._domainkey.${tag('d')}`, 'TXT')
  if (record === undefined) return { result: 'temperror', domain: tag('d') }
  const isWhole = bodyHash(message, headerEnd + 4, message.length - 3) === tag('bh')
  const signed = Buffer.from(signedHeader(fields, signature, tag('h')), 'latin1')
  const isGenuine = isWhole && verify('sha256', signed, keyIn(record), Buffer.from(tag('b'), 'base64'))
  return { result: isGenuine ? 'pass' : 'fail', domain: tag('d') }
}

function tagsOf(signature: string): (name: string) => string {
  const tags = new Map<string, string>()
  for (const part of signature.slice('DKIM-Signature:'.length).split(';')) {
    const equals = part.indexOf('=')
    if (equals > 0) tags.set(part.slice(0, equals).trim(), part.slice(equals + 1).replaceAll(/\s+/g, ''))
  }
  return name => tags.get(name) ?? ''
}

function keyIn(record: string): KeyObject {
  const known = keys.get(record)
  if (known) return known
  const key = createPublicKey({ key: Buffer.from(/p=([^;]+)/.exec(record)?.[1] ?? '', 'base64'), format: 'der', type: 'spki' })
  keys.set(record, key)
  return key
}

/** RFC 6376, 3.4.2 and 3.7. */
function signedHeader(fields: readonly string[], signature: string, names: string): string {
  const used = new Map<string, number>()
  let text = ''
  for (const name of names.toLowerCase().split(':')) {
    const own = fields.filter(field => field.slice(0, field.indexOf(':')).toLowerCase() === name)
    const count = (used.get(name) ?? 0) + 1
    used.set(name, count)
    const field = own.at(-count)
    if (field !== undefined) text += `${relaxed(field)}\r\n`
  }
  return text + relaxed(signature).replace(/([;:]\s?)b=[^;]*/, '$1b=')
}

function relaxed(field: string): string {
  const colon = field.indexOf(':')
  const value = field
    .slice(colon + 1)
    .replaceAll('\r\n', '')
    .replaceAll(/[ \t]+/g, ' ')
  return `${field.slice(0, colon).trim().toLowerCase()}:${value.trim()}`
}

const [space, tab, dot, carriageReturn, lineFeed] = [32, 9, 46, 13, 10]

/** RFC 6376, 3.4.4, octet by octet: spaces become one, those at the end of a line and empty lines at the end go, doubled dots are single. */
function bodyHash(message: Buffer, from: number, to: number): string {
  const out = Buffer.allocUnsafe(to - from + 2)
  let at = 0
  let end = 0 // behind the last line that is not empty
  let lineStart = 0
  let hasSpace = false
  let lineBegins = true
  for (let i = from; i < to; i++) {
    const octet = message[i] ?? 0
    if (octet === carriageReturn && message[i + 1] === lineFeed) {
      out[at++] = carriageReturn
      out[at++] = lineFeed
      if (at - 2 > lineStart) end = at
      lineStart = at
      hasSpace = false
      lineBegins = true
      i++
    } else if (octet === space || octet === tab) {
      hasSpace = true
      lineBegins = false
    } else if (lineBegins && octet === dot && message[i + 1] === dot) {
      lineBegins = false
    } else {
      if (hasSpace) out[at++] = space
      hasSpace = false
      lineBegins = false
      out[at++] = octet
    }
  }
  return createHash('sha256').update(out.subarray(0, end)).digest('base64')
}
