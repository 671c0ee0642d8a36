import { type Field, headerLimits } from '../../mail/header.ts'
import type { SignedHeader } from '../signed-header.ts'

/** A field that is not looked at. */
export interface PassedOver {
  readonly field: Field
  readonly why: string
}

/** More than honest mail has of anything; beyond it, an attacker's mail would keep us busy for seconds (DKIM-01). */
const limits = {
  signatures: 10,
  /** A body is hashed once for each canonicalisation, algorithm and length. */
  hashes: 3,
  signatureBytes: 8 * 1024,
  signedNames: 200,
  /** To see where they end takes a time that grows with their square. */
  spacesInARow: 100,
  arcSets: 20,
  /** Of one field: to join them takes a time that grows with their square. */
  lines: 200,
  headerLines: 10_000,
  fromBytes: 8 * 1024,
  /** It is read once for each signature. */
  contentTypeBytes: 4 * 1024,
  /** What a hop says that it had found. */
  resultsBytes: 16 * 1024,
} as const

/** Why no signature of a message is verified. */
export function troubleWith({ fields, isWhole }: SignedHeader): string | undefined {
  if (!isWhole) return `in a header of more than ${headerLimits.bytes} bytes`
  if (fields.length > headerLimits.fields) return `in a header of more than ${headerLimits.fields} fields`
  if (fields.some(({ lines }) => lines > limits.lines)) return `in a header with more than ${limits.lines} lines in a field`
  const lines = fields.reduce((sum, field) => sum + field.lines, 0)
  if (lines > limits.headerLines) return `in a header of more than ${limits.headerLines} lines`
  if (bytesOf(fields, 'from') > limits.fromBytes) return `in a header with more than ${limits.fromBytes} bytes of From`
  const isLong = bytesOf(fields, 'content-type') > limits.contentTypeBytes
  return isLong ? `in a header with more than ${limits.contentTypeBytes} bytes of Content-Type` : undefined
}

function bytesOf(fields: readonly Field[], name: string): number {
  return fields.reduce((sum, field) => (field.name === name ? sum + field.end - field.start : sum), 0)
}

/** The signatures that are not verified. Their fields do not even reach the verifier. */
export function tooMuch(fields: readonly Field[]): PassedOver[] {
  const hashes = new Set<string>()
  let count = 0
  const why = (field: Field): string | undefined => {
    const reason = whyNot(field)
    if (reason !== undefined || field.name !== 'dkim-signature') return reason
    if (hashes.add(hashOf(field.value)).size > limits.hashes) return `one of more than ${limits.hashes} ways to hash the body`
    count += 1
    return count > limits.signatures ? `one of more than ${limits.signatures} signatures` : undefined
  }
  const passed = fields.filter(isSignature).flatMap(field => {
    const reason = why(field)
    return reason === undefined ? [] : [{ field, why: reason }]
  })
  return [...passed, ...tooManySets(fields)].toSorted((a, b) => a.field.start - b.field.start)
}

const canonicalisationTag = /(?:^|;)\s*c\s*=([^;]*)/i
const algorithmTag = /(?:^|;)\s*a\s*=([^;]*)/i
const lengthTag = /(?:^|;)\s*l\s*=([^;]*)/i

/** What decides how the body is hashed (RFC 6376, 3.7). */
function hashOf(signature: string): string {
  const tag = (pattern: RegExp) => pattern.exec(signature)?.[1]?.replaceAll(/\s/g, '').toLowerCase() ?? ''
  return [tag(canonicalisationTag).split('/')[1] ?? 'simple', tag(algorithmTag).split('-')[1], tag(lengthTag)].join(' ')
}

function whyNot({ name, start, end, value }: Field): string | undefined {
  const most = name === 'arc-authentication-results' ? limits.resultsBytes : limits.signatureBytes
  if (end - start > most) return `longer than ${most} bytes`
  if (name === 'arc-authentication-results') return undefined
  if (value.split(':').length > limits.signedNames) return `names more than ${limits.signedNames} fields`
  return manySpaces.test(value) ? `has more than ${limits.spacesInARow} spaces in a row` : undefined
}

const manySpaces = new RegExp(`\\s{${limits.spacesInARow + 1}}`)

export function isSignature({ name }: Field): boolean {
  return name === 'dkim-signature' || arcFields.includes(name)
}

const arcFields: readonly string[] = ['arc-seal', 'arc-message-signature', 'arc-authentication-results']

/** A chain is judged as a whole: one that is too long is not looked at. */
function tooManySets(fields: readonly Field[]): PassedOver[] {
  const ours = fields.filter(({ name }) => arcFields.includes(name))
  if (ours.filter(({ name }) => name === 'arc-seal').length <= limits.arcSets && ours.length <= 3 * limits.arcSets) return []
  return ours.map(field => ({ field, why: `part of more than ${limits.arcSets} sets` }))
}
