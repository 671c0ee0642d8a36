import { createHmac, randomBytes } from 'node:crypto'
import { existsSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'

/**
 * Stands for the local part of an address: the same for the same one, and only who has the key can tell whether it is somebody's.
 * Role addresses (RFC 2142) are nobody's, and rules know them.
 */
export function pseudonym(local: string, key: Buffer): string {
  const plain = local.toLowerCase()
  if (roles.has(plain)) return plain
  return `~${createHmac('sha256', key).update(plain).digest('hex').slice(0, 16)}`
}

const roles: ReadonlySet<string> = new Set(['postmaster', 'abuse', 'mailer-daemon'])

/** A trace without what is personal: local parts are pseudonyms wherever an address stands, and there is no subject. */
export function withoutPersons(trace: unknown, key: Buffer): unknown {
  if (typeof trace === 'string') return hideAddresses(trace, key)
  if (Array.isArray(trace)) return trace.map(item => withoutPersons(item, key))
  if (typeof trace !== 'object' || trace === null) return trace
  const isAddress = 'local' in trace && 'domain' in trace
  const entries = Object.entries(trace).flatMap(([name, value]) => {
    if (name === 'subject') return []
    if (isAddress && name === 'local') return [[name, pseudonym(String(value), key)]]
    return [[name, name === 'from' ? onlyAddresses(value, key) : withoutPersons(value, key)]]
  })
  return Object.fromEntries(entries)
}

/** The field From without the names of people. */
function onlyAddresses(value: unknown, key: Buffer): unknown {
  const hidden = withoutPersons(value, key)
  return typeof hidden === 'string' ? (hidden.match(/[^\s<>()",;:]{1,128}@[^\s<>()",;:]{1,255}/g) ?? []).join(', ') : hidden
}

// Each alternative has characters of its own, and a limit: linear.
const address = /("(?:[^"\\]|\\.){0,126}"|[^\s"<>()[\],;:@\\]{1,128})@(?=[\p{L}\p{N}[])/gu

function hideAddresses(text: string, key: Buffer): string {
  if (!text.includes('@')) return text
  return text.replace(address, (_, local: string) => `${pseudonym(local, key)}@`)
}

/** The key of the pseudonyms, which is made when there is none. Several processes may start at once: the first one's counts. */
export function openKey(path: string): Buffer {
  const known = readKey(path)
  if (known) return known
  const draft = `${path}.${process.pid}-${randomBytes(4).toString('hex')}`
  writeFileSync(draft, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 })
  try {
    linkSync(draft, path)
  } catch (error) {
    if (!existsSync(path)) throw error
  } finally {
    rmSync(draft)
  }
  return readKey(path) as Buffer // it is there now
}

/** The key, if there is one. */
export function readKey(path: string): Buffer | undefined {
  if (!existsSync(path)) return undefined
  const text = readFileSync(path, 'utf8').trim()
  if (!/^[0-9a-f]{64}$/.test(text)) throw new Error(`${path}: expected a key of 64 hexadecimal digits, found something else`)
  return Buffer.from(text, 'hex')
}

/**
 * What to look for in a column of addresses, each between line ends: a whole address, `bob@` for every domain, `@example.org`
 * for everybody there, or any part of one. With a key also what it would be called under a pseudonym.
 */
export function needles(question: string, key?: Buffer): string[] {
  const text = question.toLowerCase().replace(/^<(.*)>$/, '$1')
  const at = text.lastIndexOf('@')
  if (at === -1) return key ? [text, `\n${pseudonym(text, key)}@`] : [text]
  const [local, domain] = [text.slice(0, at), text.slice(at + 1)]
  const end = domain === '' ? '' : `${domain}\n`
  if (local === '') return [`@${end}`]
  return [`\n${local}@${end}`, ...(key ? [`\n${pseudonym(local, key)}@${end}`] : [])]
}
