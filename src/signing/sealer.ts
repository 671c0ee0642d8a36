import type { Dns } from '../engine/dns.ts'
import type { Trace } from '../engine/trace.ts'
import { relaxed, SignedText, withoutSignature } from '../facts/dkim/signed-text.ts'
import type { Message } from '../mail/message.ts'
import { authenticationResultsWords } from '../relay/authentication-results.ts'
import { foldField } from '../relay/fold.ts'
import { foundIn } from '../relay/found.ts'
import { PrefixedMessage } from '../relay/prefixed-message.ts'
import { type ArcField, arcNames, readArcFields } from './arc-sets.ts'
import { type Readable, readForSigning } from './readable.ts'
import { listOfNames, signedField, signText, type Tag, unsignedField } from './signature-field.ts'
import { namesToSign } from './signed-names.ts'
import { keyName, type SigningKey } from './signing-key.ts'

/** What became of one message: for the log and the metrics. */
export type SealingNews = { readonly result: 'sealed' } | { readonly result: 'unsealed'; readonly why: string }

export interface SealerOptions {
  readonly key: SigningKey
  /** Whether the key may be used at present. */
  readonly maySign: (key: SigningKey) => boolean
  /** Our name in what we say that we have found. */
  readonly authservId: string
  /** Answers from the memory that the facts have filled. */
  readonly dns: Dns
  readonly now: () => Date
  readonly report: (news: SealingNews) => void
}

/** As many as we verify: RFC 8617, 4.2.1 allows 50, and honest mail has three. */
const mostInstances = 20

/** A place in the chain. */
interface Place {
  readonly instance: number
  readonly cv: 'none' | 'pass' | 'fail'
  /** The sets before ours, which our seal covers. */
  readonly earlier: readonly ArcField[]
}

/** Seals what is passed on to others (RFC 8617, 5.1), so that they can see what we had found before we changed anything. */
export class Sealer {
  readonly #options: SealerOptions

  constructor(options: SealerOptions) {
    this.#options = options
  }

  /**
   * The message with our set on top, as the last change before it goes to somebody else; as it is when it cannot be sealed.
   * The trace is that of its arrival, in which the chain has been verified.
   */
  async seal(message: Message, trace: Trace): Promise<Message> {
    const set = await this.#seal(message, trace)
    const isSealed = typeof set !== 'string'
    this.#options.report(isSealed ? { result: 'sealed' } : { result: 'unsealed', why: set })
    return isSealed ? new PrefixedMessage(set.join(''), message) : message
  }

  async #seal(message: Message, trace: Trace): Promise<readonly string[] | string> {
    const { key, maySign } = this.#options
    if (!maySign(key)) return 'the key is not published as it must be'
    const header = await readForSigning(message)
    if (typeof header === 'string') return header
    const place = await this.#placeIn(readArcFields(header.fields), trace)
    // RFC 8617, 4.1.2: what the author's own signature says belongs to what we have seen.
    const names = namesToSign(header.fields, ['dkim-signature'])
    if (typeof place === 'string') return place
    if (!names) return 'its header repeats fields'
    return this.#setFor({ ...header, place, names, trace })
  }

  /** Where our set goes, or why none does. */
  async #placeIn(fields: readonly ArcField[], trace: Trace): Promise<Place | string> {
    const found = foundIn(trace, 'arc')
    if (!found) return 'its chain has not been verified'
    const last = Math.max(0, ...fields.map(({ instance }) => instance))
    if (last >= mostInstances) return `${last} hops have sealed it`
    const instance = last + 1
    if (found.result === 'pass') return { instance, cv: 'pass', earlier: fields }
    if (found.result === 'none' && last === 0) return { instance, cv: 'none', earlier: [] }
    // ARC-01: that it is broken is said once.
    const seal = fields.find(({ name, instance }) => name === 'arc-seal' && instance === last)
    if (seal?.tags?.get('cv')?.toLowerCase() === 'fail') return 'its chain is broken, and somebody has said so'
    // To say that it is broken is for ever: a key that could not be looked up may be there the next time.
    if (await this.#isUncertain(fields)) return 'its chain could not be verified for now'
    return { instance, cv: 'fail', earlier: [] }
  }

  async #isUncertain(fields: readonly ArcField[]): Promise<boolean> {
    const names = fields.flatMap(({ tags }) =>
      tags ? keyName({ domain: tags.get('d') ?? '', selector: tags.get('s') ?? '' }).toLowerCase() : [],
    )
    const answers = await Promise.all([...new Set(names)].map(name => this.#options.dns.query('TXT', name)))
    return answers.some(({ status }) => status === 'temperror')
  }

  async #setFor({ fields, hashBody, place, names, trace }: Sealing): Promise<readonly string[]> {
    const { key, authservId, now } = this.#options
    const { instance, cv } = place
    const about: readonly Tag[] = [
      ['i', String(instance)],
      ['a', key.algorithm],
      ['d', key.domain],
      ['s', key.selector],
      ['t', String(Math.floor(now().getTime() / 1000))],
    ]
    const results = foldField('ARC-Authentication-Results', [`i=${instance};`, ...authenticationResultsWords(authservId, trace)])
    const hash = ['bh', await hashBody()] as const
    const unsigned = unsignedField('ARC-Message-Signature', [
      ...about,
      ['c', 'relaxed/relaxed'],
      ['h', ...listOfNames(names)],
      hash,
    ])
    const text = new SignedText(fields)
    const covered = text.of({ field: field('arc-message-signature', unsigned), headerForm: 'relaxed' }, text.select(names))
    const signature = signedField(unsigned, signText(covered, key))
    const seal = unsignedField('ARC-Seal', [...about, ['cv', cv]])
    const sets = [...inOrder(place.earlier), field(arcNames[0], results), field(arcNames[1], signature)]
    return [signedField(seal, signText(sealedText(sets, seal), key)), signature, results]
  }
}

interface Sealing extends Readable {
  readonly place: Place
  readonly names: readonly string[]
  readonly trace: Trace
}

function field(name: string, text: string) {
  return { name, text }
}

/** RFC 8617, 5.1.1: set after set, from the first one on. */
function inOrder(fields: readonly ArcField[]) {
  const order = ({ instance, name }: ArcField) => instance * arcNames.length + arcNames.indexOf(name)
  return fields.toSorted((a, b) => order(a) - order(b)).map(({ field }) => field)
}

/** What a seal covers: the sets, in their relaxed form, and the seal itself without its signature. */
function sealedText(sets: readonly { readonly name: string; readonly text: string }[], seal: string): Buffer {
  const text = sets.map(each => `${relaxed(each)}\r\n`).join('')
  return Buffer.from(text + withoutSignature(relaxed(field('arc-seal', seal))), 'latin1')
}
