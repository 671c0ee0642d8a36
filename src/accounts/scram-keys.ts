import { createHash, createHmac, pbkdf2, randomBytes } from 'node:crypto'
import type { ScramKeys } from './account.ts'

/** As many as OWASP asks for: who steals the file must not find it easier by these keys than by scrypt. */
const usualIterations = 600_000
/** RFC 7677, 4 for the least; more would keep the client's processor busy for nothing. */
const iterations = { least: 4096, most: 2_000_000 } as const
const saltBytes = 16
const keyBytes = 32

/** Makes the keys from a password (RFC 5802, 3; RFC 7677). */
export async function scramKeysOf(password: string): Promise<ScramKeys> {
  const salt = randomBytes(saltBytes)
  const salted = await new Promise<Buffer>((resolve, reject) =>
    pbkdf2(password, salt, usualIterations, keyBytes, 'sha256', (error, key) => (error ? reject(error) : resolve(key))),
  )
  const storedKey = createHash('sha256').update(hmac(salted, 'Client Key')).digest()
  return { salt, iterations: usualIterations, storedKey, serverKey: hmac(salted, 'Server Key') }
}

/** The keys of nobody: the same salt each time that a name is tried, as it would be for somebody. */
export function nobodysKeys(name: string, secret: Buffer, like: ScramKeys | undefined): ScramKeys {
  const part = (what: string) => hmac(secret, `${what} ${name}`)
  return {
    salt: part('salt').subarray(0, like?.salt.length ?? saltBytes),
    iterations: like?.iterations ?? usualIterations,
    storedKey: part('stored'),
    serverKey: part('server'),
  }
}

export function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

/** In the form of PostgreSQL: `SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey`. */
export function formatScramKeys({ salt, iterations, storedKey, serverKey }: ScramKeys): string {
  const [s, stored, server] = [salt, storedKey, serverKey].map(bytes => bytes.toString('base64'))
  return `SCRAM-SHA-256$${iterations}:${s}$${stored}:${server}`
}

/** Undefined for what is none of these. */
export function parseScramKeys(text: string): ScramKeys | undefined {
  const base64 = '([A-Za-z0-9+/]{16,128}={0,2})'
  const form = new RegExp(`^SCRAM-SHA-256\\$(\\d{4,7}):${base64}\\$${base64}:${base64}$`)
  const [, count, ...parts] = form.exec(text) ?? []
  const [salt, storedKey, serverKey] = parts.map(part => Buffer.from(part, 'base64'))
  if (!salt || storedKey?.length !== keyBytes || serverKey?.length !== keyBytes) return undefined
  const number = Number(count)
  return number >= iterations.least && number <= iterations.most ? { salt, iterations: number, storedKey, serverKey } : undefined
}
