import { createHmac, timingSafeEqual } from 'node:crypto'
import { type Address, formatAddress, parseAddress } from '../mail/address.ts'

/** What senders are rewritten with, so that SPF passes for us and bounces find their way back (SRS, as all others do it). */
export interface SrsOptions {
  /** In which the rewritten senders are. */
  readonly domain: string
  /** The first one makes addresses, and all of them are believed: so a new one comes in front of the old. */
  readonly secrets: readonly string[]
  /** How long bounces are taken. */
  readonly days: number
}

/** Whom a bounce is for. */
export type Unwrapped =
  | { readonly status: 'ours'; readonly sender: Address }
  /** It is a mailbox like others. */
  | { readonly status: 'not srs' }
  /** Nobody whom we know has made it, or too long ago. */
  | { readonly status: 'refused'; readonly why: 'form' | 'hash' | 'expired' }

/** Sender rewriting: a sender whose mail we pass on becomes one of ours, and a bounce to that one is his again. */
export class Srs {
  readonly #options: SrsOptions

  constructor(options: SrsOptions) {
    if (options.secrets.length === 0) throw new TypeError('sender rewriting needs a secret')
    this.#options = options
  }

  /**
   * The sender for a message that is passed on. The null sender and senders that are ours already stay as they are; so does one
   * whose new local part would be none: longer than 64 octets (RFC 5321, 4.5.3.1.1), or in quotes. Its mail goes out
   * under its own name, for a strict server would refuse the other for certain, and SPF is only one of three signs.
   */
  wrap(sender: Address | null, now: Date): Address | null {
    const { domain } = this.#options
    if (!sender || sender.domain === '' || sender.domain === domain) return sender
    const forwarded = readSrs1(sender.local) ?? readSrs0(sender)
    const address = { local: forwarded ? this.#srs1(forwarded) : this.#srs0(sender, dayStamp(now)), domain }
    return parseAddress(formatAddress(address)) ? address : sender
  }

  /** Whom a bounce to this recipient is for: the sender as he was, or at the forwarder before us. */
  unwrap({ local, domain }: Address, now: Date): Unwrapped {
    const [, kind, rest = ''] = srsLocal.exec(local) ?? []
    if (domain !== this.#options.domain || kind === undefined) return { status: 'not srs' }
    return kind === '0' ? this.#unwrap0(rest, now) : this.#unwrap1(rest)
  }

  #srs0({ local, domain }: Address, stamp: string): string {
    return `SRS0=${this.#hash([stamp, domain, local])}=${stamp}=${domain}=${local}`
  }

  #srs1({ host, user }: Forwarded): string {
    return `SRS1=${this.#hash([host, user])}=${host}=${user}`
  }

  #unwrap0(rest: string, now: Date): Unwrapped {
    const [, hash = '', stamp = '', domain = '', local = ''] = srs0Parts.exec(rest) ?? []
    const sender = parseAddress(`${local}@${domain}`)
    if (hash === '' || !sender) return { status: 'refused', why: 'form' }
    if (!this.#isOurs(hash, [stamp, domain, local])) return { status: 'refused', why: 'hash' }
    const age = (dayOf(now) - readStamp(stamp) + cycleDays) % cycleDays
    return age <= this.#options.days ? { status: 'ours', sender } : { status: 'refused', why: 'expired' }
  }

  /** It has no date: the forwarder before us, who gets it back, knows his own. */
  #unwrap1(rest: string): Unwrapped {
    const [, hash = '', host = '', user = ''] = srs1Parts.exec(rest) ?? []
    const sender = parseAddress(`SRS0${user}@${host}`)
    if (hash === '' || !sender) return { status: 'refused', why: 'form' }
    return this.#isOurs(hash, [host, user]) ? { status: 'ours', sender } : { status: 'refused', why: 'hash' }
  }

  #hash(parts: readonly string[], secret = this.#options.secrets[0] ?? ''): string {
    const hmac = createHmac('sha1', secret)
    // Whoever passes a bounce on may change the case of a local part.
    for (const part of parts) hmac.update(part.toLowerCase())
    return hmac.digest('base64').slice(0, hashLength)
  }

  /** Takes the same time for every hash of four characters, whichever secret has made it. */
  #isOurs(hash: string, parts: readonly string[]): boolean {
    const given = Buffer.from(hash.toLowerCase())
    const matches = this.#options.secrets.map(secret => {
      const made = Buffer.from(this.#hash(parts, secret).toLowerCase())
      return made.length === given.length && timingSafeEqual(made, given)
    })
    return matches.includes(true)
  }
}

const hashLength = 4
/** A sign between the kind and the rest may be any of three; ours is the equals sign. */
const srsLocal = /^SRS([01])(?=[-+=])(.+)$/is
const srs0Parts = /^[-+=]([A-Za-z0-9+/]{4})=([A-Z2-7]{2})=([^=]+)=(.+)$/is
/** What stands behind the second sign is the rest of the SRS0 address, with its own. */
const srs1Parts = /^[-+=]([A-Za-z0-9+/]{4})=([^=]+)=([-+=].+)$/is

/** The forwarder who has made an SRS0 address, and what stands behind the kind in it. */
interface Forwarded {
  readonly host: string
  readonly user: string
}

function readSrs0({ local, domain }: Address): Forwarded | undefined {
  const [, kind, user = ''] = srsLocal.exec(local) ?? []
  return kind === '0' ? { host: domain, user } : undefined
}

/** Of three forwarders and more the first one stays in the address: bounces go to him past all others. */
function readSrs1(local: string): Forwarded | undefined {
  const [, kind, rest = ''] = srsLocal.exec(local) ?? []
  const [, , host, user] = (kind === '1' && srs1Parts.exec(rest)) || []
  return host !== undefined && user !== undefined ? { host, user } : undefined
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
/** Two characters hold so many days. */
const cycleDays = alphabet.length ** 2

function dayOf(now: Date): number {
  return Math.floor(now.getTime() / 86_400_000) % cycleDays
}

function dayStamp(now: Date): string {
  const day = dayOf(now)
  return alphabet.charAt(Math.floor(day / alphabet.length)) + alphabet.charAt(day % alphabet.length)
}

function readStamp(stamp: string): number {
  const [high = '', low = ''] = stamp.toUpperCase()
  return alphabet.indexOf(high) * alphabet.length + alphabet.indexOf(low)
}
