import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

// A signer of our own, and not mailauth's: what verifies a signature should not be what has made it.

/** What a signature is made with. Tags stand in it as they are given; `undefined` leaves one out. */
export interface Signing {
  readonly key: KeyObject
  readonly tags?: Readonly<Record<string, string | undefined>>
}

const headerNames = ['From', 'To', 'Subject', 'Date', 'Message-ID']

/** When the messages of the tests were written. */
export const writtenAt = new Date('2026-11-24T08:00:00Z')
export const seconds = (date: Date, later = 0): string => String(Math.floor(date.getTime() / 1000) + later)

/** Puts a DKIM-Signature on top of a message (RFC 6376, 3.7), relaxed in everything if `c` does not say otherwise. */
export function signed(content: string, { key, tags = {} }: Signing): string {
  const [headerForm, bodyForm = 'simple'] = ('c' in tags ? (tags.c ?? 'simple') : 'relaxed/relaxed').split('/')
  const { header, body } = parts(content, bodyForm)
  const usual = { v: '1', a: 'rsa-sha256', c: 'relaxed/relaxed', d: 'sender.example', s: 's', h: headerNames.join(':') }
  const all = { ...usual, bh: hash(body.slice(0, Number(tags.l ?? body.length))), ...tags, b: '' }
  const form = headerForm === 'simple' ? simple : relaxed
  return `${withSignature('DKIM-Signature', all, key, selected(header, all.h ?? ''), form)}\r\n${content}`
}

/** Seals a message as the next hop of a chain (RFC 8617, 5.1). */
export function sealed(
  content: string,
  {
    key,
    domain,
    instance,
    results,
  }: { readonly key: KeyObject; readonly domain: string; readonly instance: number; readonly results: string },
): string {
  const { header, body } = parts(content)
  const about = { i: String(instance), a: 'rsa-sha256', d: domain, s: 's' }
  const h = headerNames.join(':')
  const reported = `ARC-Authentication-Results: i=${instance}; ${domain}; ${results}`
  const ams = withSignature(
    'ARC-Message-Signature',
    { ...about, c: 'relaxed/relaxed', h, bh: hash(body), b: '' },
    key,
    selected(header, h),
  )
  const earlier = Array.from({ length: instance - 1 }, (_, at) => [
    fieldOf(header, 'arc-authentication-results', at + 1),
    fieldOf(header, 'arc-message-signature', at + 1),
    fieldOf(header, 'arc-seal', at + 1),
  ]).flat()
  const cv = instance === 1 ? 'none' : 'pass'
  const seal = withSignature('ARC-Seal', { ...about, cv, b: '' }, key, [...earlier, reported, ams])
  return [seal, ams, reported, content].join('\r\n')
}

/** The record of a key. */
export function keyRecord(key: KeyObject, tags = ''): string {
  const isRsa = key.asymmetricKeyType === 'rsa'
  const bytes = createPublicKey(key).export({ type: 'spki', format: 'der' })
  // RFC 8463, 4.2: the key alone, without its structure.
  return `v=DKIM1; k=${isRsa ? 'rsa' : 'ed25519'}; ${tags}p=${(isRsa ? bytes : bytes.subarray(-32)).toString('base64')}`
}

export function rsaKey(modulusLength: number): KeyObject {
  return generateKeyPairSync('rsa', { modulusLength }).privateKey
}

export function ed25519Key(): KeyObject {
  return generateKeyPairSync('ed25519').privateKey
}

function withSignature(
  name: string,
  tags: Readonly<Record<string, string | undefined>>,
  key: KeyObject,
  lines: readonly string[],
  form = relaxed,
): string {
  const given = Object.entries(tags).filter(([, value]) => value !== undefined)
  const field = `${name}: ${given.map(([tag, value]) => `${tag}=${value}`).join('; ')}`
  const text = Buffer.from([...lines.map(line => `${form(line)}\r\n`), form(field)].join(''), 'latin1')
  const isRsa = key.asymmetricKeyType === 'rsa'
  // RFC 8463, 3: the signature is one of the hash.
  const bytes = isRsa ? sign(tags.a?.split('-')[1] ?? '', text, key) : sign(null, createHash('sha256').update(text).digest(), key)
  return field + bytes.toString('base64')
}

/** RFC 6376, 5.4.2: of several fields of a name the last one is the first to be signed. */
function selected(header: readonly string[], names: string): string[] {
  const left = [...header]
  return names.split(':').flatMap(name => {
    const at = left.findLastIndex(line => line.toLowerCase().startsWith(`${name.trim().toLowerCase()}:`))
    return at === -1 ? [] : left.splice(at, 1)
  })
}

function fieldOf(header: readonly string[], name: string, instance: number): string {
  return header.find(line => line.toLowerCase().startsWith(`${name}: i=${instance};`)) ?? ''
}

function parts(content: string, form = 'relaxed'): { readonly header: readonly string[]; readonly body: string } {
  const [head = '', ...rest] = content.split('\r\n\r\n')
  const body = rest.join('\r\n\r\n')
  return { header: head.split(/\r\n(?![ \t])/), body: form === 'simple' ? simpleBody(body) : relaxedBody(body) }
}

/** RFC 6376, 3.4.1. */
function simple(line: string): string {
  return line
}

/** RFC 6376, 3.4.3. */
function simpleBody(body: string): string {
  return `${body.replace(/(?:\r\n)+$/, '')}\r\n`
}

/** RFC 6376, 3.4.2. */
function relaxed(line: string): string {
  const [name = '', ...rest] = line.replaceAll('\r\n', '').split(':')
  return `${name.trim().toLowerCase()}:${rest
    .join(':')
    .replaceAll(/[ \t]+/g, ' ')
    .replaceAll(/^ | $/g, '')}`
}

/** RFC 6376, 3.4.4. */
function relaxedBody(body: string): string {
  const lines = body.replaceAll(/[ \t]+/g, ' ').replaceAll(/ (?=\r\n|$)/g, '')
  const text = lines.replace(/(?:\r\n)+$/, '')
  return text === '' ? '' : `${text}\r\n`
}

function hash(text: string): string {
  return createHash('sha256').update(text, 'latin1').digest('base64')
}
