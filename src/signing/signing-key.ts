import { createPrivateKey, type KeyObject } from 'node:crypto'

/** A key that a domain signs its mail with, and the name in the DNS under which others find it. */
export interface SigningKey {
  /** In lower case, as A-labels. */
  readonly domain: string
  readonly selector: string
  readonly algorithm: 'rsa-sha256' | 'ed25519-sha256'
  readonly privateKey: KeyObject
  /** Of an RSA key. */
  readonly bits?: number
}

/** RFC 8301, 3.2: less must not sign. */
const leastBits = 1024
/** RFC 8301, 3.2: less should not. */
export const usualBits = 2048

/** What is wanted of the file of a key. */
export const keyExpected = `a private key in PEM form: RSA with at least ${leastBits} bits, or Ed25519`

/** Reads a private key in PEM form; what it is instead, in words, when nothing can be signed with it. */
export function readPrivateKey(pem: Buffer): Pick<SigningKey, 'algorithm' | 'privateKey' | 'bits'> | string {
  let privateKey: KeyObject
  try {
    privateKey = createPrivateKey(pem)
  } catch {
    return pem.includes('PUBLIC KEY') ? 'a public key' : 'no private key'
  }
  if (privateKey.asymmetricKeyType === 'ed25519') return { algorithm: 'ed25519-sha256', privateKey }
  if (privateKey.asymmetricKeyType !== 'rsa') return `a key of type ${privateKey.asymmetricKeyType}`
  const bits = privateKey.asymmetricKeyDetails?.modulusLength ?? 0
  return bits < leastBits ? `an RSA key of ${bits} bits` : { algorithm: 'rsa-sha256', privateKey, bits }
}

/** Where the public half of a key is found (RFC 6376, 3.6.2.1). */
export function keyName({ domain, selector }: Pick<SigningKey, 'domain' | 'selector'>): string {
  return `${selector}._domainkey.${domain}`
}
