import { SignedText } from '../facts/dkim/signed-text.ts'
import { parseAuthors } from '../mail/author.ts'
import { registeredDomain } from '../mail/domain.ts'
import type { Message } from '../mail/message.ts'
import { PrefixedMessage } from '../relay/prefixed-message.ts'
import { readForSigning } from './readable.ts'
import { listOfNames, signedField, signText, unsignedField } from './signature-field.ts'
import { namesToSign } from './signed-names.ts'
import type { SigningKey } from './signing-key.ts'

/** What became of one message: for the log and the metrics. */
export type SigningNews = { readonly result: 'signed' } | { readonly result: 'unsigned'; readonly why: string }

export interface SignerOptions {
  readonly keys: readonly SigningKey[]
  /** Whether this key may be used at present. */
  readonly maySign: (key: SigningKey) => boolean
  readonly now: () => Date
  readonly report: (news: SigningNews) => void
}

/** Signs mail for the domains of its authors (RFC 6376, RFC 8463), with all keys that a domain has. */
export class Signer {
  readonly #options: SignerOptions
  readonly #keys: ReadonlyMap<string, readonly SigningKey[]>

  constructor(options: SignerOptions) {
    this.#options = options
    this.#keys = Map.groupBy(options.keys, ({ domain }) => domain)
  }

  /**
   * The message with its signatures on top; as it is when it cannot be signed. To be asked only for mail whose author is known
   * to us, as the last change before it is queued or goes over the wire: a signature says that it is ours.
   */
  async sign(message: Message): Promise<Message> {
    const signatures = await this.#sign(message)
    this.#options.report(typeof signatures === 'string' ? { result: 'unsigned', why: signatures } : { result: 'signed' })
    return typeof signatures === 'string' ? message : new PrefixedMessage(signatures.join(''), message)
  }

  /** The signatures, or why there are none. */
  async #sign(message: Message): Promise<readonly string[] | string> {
    const author = authorDomain(message)
    if (author === undefined) return 'it does not have one author'
    const keys = this.#keysFor(author)
    if (keys === undefined) return `there are no keys for ${author}`
    const usable = keys.filter(this.#options.maySign)
    if (usable.length === 0) return `no key for ${author} is published as it must be`
    const header = await readForSigning(message)
    if (typeof header === 'string') return header
    const names = namesToSign(header.fields)
    if (!names) return 'its header repeats fields'
    const bodyHash = await header.hashBody()
    const given = { names, bodyHash, seconds: Math.floor(this.#options.now().getTime() / 1000) }
    const text = new SignedText(header.fields)
    return usable.map(key => signature(key, text, given))
  }

  /** Of the author's domain, or else of the closest one above it that is as much his: DMARC counts both (RFC 9989, 4.4). */
  #keysFor(author: string): readonly SigningKey[] | undefined {
    const top = registeredDomain(author)
    for (let domain = author; ; domain = domain.slice(domain.indexOf('.') + 1)) {
      const keys = this.#keys.get(domain)
      if (keys || domain === top || !domain.includes('.')) return keys
    }
  }
}

/** The domain of who has written the message. A second From field, or a From that can be read in two ways, is nobody's. */
function authorDomain({ fields }: Message): string | undefined {
  const [from, ...others] = fields.filter(({ name }) => name === 'from')
  if (!from || others.length > 0) return undefined
  const { addresses, isAmbiguous } = parseAuthors(from.value)
  const domains = new Set(addresses.map(({ domain }) => domain))
  return isAmbiguous || domains.size !== 1 ? undefined : addresses[0]?.domain
}

interface Given {
  readonly names: readonly string[]
  readonly bodyHash: string
  readonly seconds: number
}

/** DKIM-06: relaxed in everything, the whole body, and no `x=`: who reads old mail may want to verify it too. */
function signature(key: SigningKey, text: SignedText, { names, bodyHash, seconds }: Given): string {
  const field = unsignedField('DKIM-Signature', [
    ['v', '1'],
    ['a', key.algorithm],
    ['c', 'relaxed/relaxed'],
    ['d', key.domain],
    ['s', key.selector],
    ['t', String(seconds)],
    ['h', ...listOfNames(names)],
    ['bh', bodyHash],
  ])
  const signed = text.of({ field: { name: 'dkim-signature', text: field }, headerForm: 'relaxed' }, text.select(names))
  return signedField(field, signText(signed, key))
}
