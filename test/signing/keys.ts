import { generateKeyPairSync } from 'node:crypto'
import { keyRecord } from '../../src/signing/key-record.ts'
import { keyName, type SigningKey } from '../../src/signing/signing-key.ts'
import type { Zone } from '../../src/testing/zone-dns.ts'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
const ed25519 = generateKeyPairSync('ed25519').privateKey

/** Both keys of a domain. All domains share them: they take a while to make. */
export function bothKeys(domain: string): readonly [SigningKey, SigningKey] {
  return [
    { domain, selector: 'r', algorithm: 'rsa-sha256', privateKey: rsa, bits: 2048 },
    { domain, selector: 'e', algorithm: 'ed25519-sha256', privateKey: ed25519 },
  ]
}

/** Where they are published. */
export function zoneWith(keys: readonly SigningKey[]): Zone {
  return Object.fromEntries(keys.map(key => [keyName(key), { TXT: [keyRecord(key)] }]))
}
