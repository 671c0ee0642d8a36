import { createPublicKey, type KeyObject } from 'node:crypto'
import type { DnsAnswer } from '../engine/dns.ts'
import { readTags } from '../facts/dkim/tag-list.ts'
import type { SigningKey } from './signing-key.ts'

/** The TXT record by which others find the public half of a key (RFC 6376, 3.6.1; RFC 8463, 4). */
export function keyRecord({ privateKey }: Pick<SigningKey, 'privateKey'>): string {
  return `v=DKIM1; k=${privateKey.asymmetricKeyType}; p=${publicBytes(privateKey).toString('base64')}`
}

/** RFC 8463, 4.2: of Ed25519 the key alone, without the structure around it, which is what stands in front of its 32 bytes. */
function publicBytes(privateKey: KeyObject): Buffer {
  const structure = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
  return privateKey.asymmetricKeyType === 'ed25519' ? structure.subarray(-32) : structure
}

/** What the DNS says of a key of ours. */
export interface Publication {
  /**
   * `published` as it must be; `missing`: there is no record; `different`: what we sign would not be verified by it;
   * `unknown`: it could not be found out, or nobody has asked yet.
   */
  readonly state: 'published' | 'missing' | 'different' | 'unknown'
  /** Why it is not `published`. */
  readonly why?: string
}

/** Compares what is published with a key. */
export function readPublication(key: SigningKey, answer: DnsAnswer<string>): Publication {
  if (answer.status === 'temperror') return { state: 'unknown', why: answer.error ?? 'no answer' }
  const [record, ...others] = answer.records
  if (record === undefined) return { state: 'missing', why: answer.status === 'nxdomain' ? 'no such name' : 'no TXT record' }
  // RFC 6376, 3.6.2.2: what several records mean is undefined, and verifiers differ.
  const why = others.length > 0 ? `${others.length + 1} TXT records instead of one` : difference(key, record)
  return why === undefined ? { state: 'published' } : { state: 'different', why }
}

/** Why a signature by this key would not be verified by means of this record. */
function difference({ privateKey }: SigningKey, record: string): string | undefined {
  const tags = readTags(record)
  if (!tags) return 'it is no list of tags'
  const type = tags.get('k') ?? 'rsa'
  const [version, hashes = 'sha256', services = '*'] = ['v', 'h', 's'].map(tag => tags.get(tag))
  if (version !== undefined && version !== 'DKIM1') return `v=${version}`
  if (!isIn(hashes, 'sha256')) return `h=${hashes}, which excludes sha256`
  if (!isIn(services, '*') && !isIn(services, 'email')) return `s=${services}, which excludes email`
  const published = tags.get('p')?.replaceAll(/\s/g, '')
  if (published === undefined) return 'it has no p='
  if (published === '') return 'the key has been revoked'
  if (type !== privateKey.asymmetricKeyType) return `it is of a key of type ${type}`
  return isPublicHalf(Buffer.from(published, 'base64'), privateKey) ? undefined : 'it is of another key'
}

function isIn(list: string, word: string): boolean {
  return list.split(':').some(each => each.trim() === word)
}

/** RFC 6376, 3.6.1 says RSAPublicKey, and everybody publishes the structure around it: both are read by all verifiers. */
function isPublicHalf(published: Buffer, privateKey: KeyObject): boolean {
  if (published.equals(publicBytes(privateKey))) return true
  if (privateKey.asymmetricKeyType !== 'rsa') return false
  return published.equals(createPublicKey(privateKey).export({ type: 'pkcs1', format: 'der' }))
}
