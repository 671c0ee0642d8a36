import type { SignedField } from '../signed-header.ts'
import type { BodyWay } from './body-hashes.ts'
import { readTags } from './tag-list.ts'

/** A DKIM-Signature of which we know everything ourselves (RFC 6376, 3.5): it has no mistake, and nothing that is rare. */
export interface UsualSignature {
  readonly field: SignedField
  readonly algorithm: 'rsa-sha256' | 'ed25519-sha256'
  readonly headerForm: BodyWay['form']
  readonly bodyForm: BodyWay['form']
  readonly domain: string
  readonly selector: string
  /** The names of the fields that are signed, in lower case. */
  readonly names: readonly string[]
  /** The domain in `i=`. */
  readonly identity?: string
  /** In seconds since 1970. */
  readonly time?: number
  readonly expires?: number
  /** Without white space, in Base64. */
  readonly signature: string
  readonly bodyHash: string
}

const label = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?'
const domainName = new RegExp(`^${label}(?:\\.${label})+$`)
const selector = new RegExp(`^${label}(?:\\.${label})*$`)
const canonicalisation = /^(simple|relaxed)(?:\/(simple|relaxed))?$/
const seconds = /^[0-9]{1,12}$/
const identity = new RegExp(`^(?:[\\w!#$%&'*+/?^\`{|}~-]+(?:\\.[\\w!#$%&'*+/?^\`{|}~-]+)*)?@(${label}(?:\\.${label})+)$`)

/** Reads a signature. Answers `undefined` when it is not a usual one, be it valid or not. */
export function readUsualSignature(field: SignedField): UsualSignature | undefined {
  const tags = readTags(field.text.slice(field.text.indexOf(':') + 1))
  if (tags?.get('v') !== '1' || tags.has('l')) return undefined
  const [algorithm, domain = '', name = ''] = [tags.get('a'), tags.get('d'), tags.get('s')]
  const [signature, bodyHash, names] = ['b', 'bh', 'h'].map(tag => tags.get(tag)?.replaceAll(/\s/g, ''))
  if (algorithm !== 'rsa-sha256' && algorithm !== 'ed25519-sha256') return undefined
  if (!domainName.test(domain) || !selector.test(name)) return undefined
  if (signature === undefined || bodyHash === undefined || names === undefined) return undefined
  const options = readOptions(tags, domain)
  const signed = names.toLowerCase().split(':').filter(Boolean)
  if (!options || !signed.includes('from')) return undefined
  return { field, algorithm, domain, selector: name, names: signed, signature, bodyHash, ...options }
}

type Options = Pick<UsualSignature, 'headerForm' | 'bodyForm' | 'identity' | 'time' | 'expires'>

/** What need not be there. */
function readOptions(tags: ReadonlyMap<string, string>, domain: string): Options | undefined {
  if (tags.has('q') && tags.get('q') !== 'dns/txt') return undefined
  const forms = canonicalisation.exec(tags.get('c') ?? 'simple/simple')
  const [time, expires] = [tags.get('t'), tags.get('x')]
  const isTime = [time, expires].every(text => text === undefined || seconds.test(text))
  const isAfter = time === undefined || expires === undefined || Number(expires) > Number(time)
  const agent = readIdentity(tags.get('i'), domain)
  if (!forms || !isTime || !isAfter || agent === false) return undefined
  return {
    headerForm: forms[1] as BodyWay['form'], // The pattern has no other.
    bodyForm: (forms[2] ?? 'simple') as BodyWay['form'],
    ...(agent !== undefined && { identity: agent }),
    ...(time !== undefined && { time: Number(time) }),
    ...(expires !== undefined && { expires: Number(expires) }),
  }
}

/** RFC 6376, 6.1.1: the domain of whom it was signed for is the domain that signs, or below it. `false` is any other. */
function readIdentity(text: string | undefined, domain: string): string | undefined | false {
  if (text === undefined) return undefined
  const found = identity.exec(text)?.[1]
  const [below, signer] = [found?.toLowerCase() ?? '', domain.toLowerCase()]
  return (below === signer || below.endsWith(`.${signer}`)) && found
}
