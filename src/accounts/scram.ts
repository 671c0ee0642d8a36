import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Account, KeysOf, ScramKeys } from './account.ts'
import { malformed, refused, type SaslExchange, type Step, textOf } from './sasl.ts'
import { hmac } from './scram-keys.ts'

const nonceBytes = 18
/** A challenge of ours must fit into one line of a reply. */
const mostNonce = 128

/** What an exchange needs of the house. */
export interface ScramNeeds {
  /** The keys of this name, once it may try; or why it may not. */
  begin(name: string): Promise<KeysOf | Step>
  /** The proof was right. */
  succeeded(account: Account): Promise<Step>
  /** Only a test knows it ahead. */
  readonly nonce?: string
}

/** What has been said before the proof. */
interface Opened extends KeysOf {
  readonly gs2Header: string
  readonly clientFirst: string
  readonly serverFirst: string
  readonly nonce: string
}

/** SCRAM-SHA-256 (RFC 5802, RFC 7677): the client shows that it knows the password, and we that we have its keys. */
export class ScramExchange implements SaslExchange {
  readonly greeting: Buffer = Buffer.alloc(0)
  readonly #needs: ScramNeeds
  #opened: Opened | undefined
  #account: Account | undefined

  constructor(needs: ScramNeeds) {
    this.#needs = needs
  }

  step(response: Buffer): Step | Promise<Step> {
    // SMTP has no place for our proof in its last reply: the client has heard it, and has nothing more to say (RFC 4954, 4).
    if (this.#account) return response.length === 0 ? this.#needs.succeeded(this.#account) : malformed
    const text = textOf(response)
    if (text === undefined) return malformed
    return this.#opened ? this.#finish(text, this.#opened) : this.#open(text)
  }

  async #open(text: string): Promise<Step> {
    const first = readClientFirst(text)
    if (!first) return malformed
    const found = await this.#needs.begin(first.name)
    if (!('keys' in found)) return found
    const nonce = first.nonce + (this.#needs.nonce ?? randomBytes(nonceBytes).toString('base64'))
    const { salt, iterations } = found.keys
    const serverFirst = `r=${nonce},s=${salt.toString('base64')},i=${iterations}`
    this.#opened = { ...found, gs2Header: first.gs2Header, clientFirst: first.bare, serverFirst, nonce }
    return { challenge: Buffer.from(serverFirst) }
  }

  #finish(text: string, opened: Opened): Step {
    const [, withoutProof = '', binding, nonce, proof = ''] =
      /^(c=([^,]*),r=([^,]*)(?:,[^,]*)*),p=([A-Za-z0-9+/]{43}=)$/.exec(text) ?? []
    const isOurs = binding === Buffer.from(opened.gs2Header).toString('base64') && nonce === opened.nonce
    if (!isOurs) return malformed
    const authMessage = `${opened.clientFirst},${opened.serverFirst},${withoutProof}`
    const isRight = proves(Buffer.from(proof, 'base64'), authMessage, opened.keys)
    if (!isRight || !opened.account) return refused
    this.#account = opened.account
    return { challenge: Buffer.from(`v=${hmac(opened.keys.serverKey, authMessage).toString('base64')}`) }
  }
}

/** RFC 5802, 3: the client's key, which it alone knows, is under the proof, and its hash is what we have. */
function proves(proof: Buffer, authMessage: string, { storedKey }: ScramKeys): boolean {
  const signature = hmac(storedKey, authMessage)
  const clientKey = Buffer.from(proof.map((byte, at) => byte ^ (signature[at] ?? 0)))
  return timingSafeEqual(createHash('sha256').update(clientKey).digest(), storedKey)
}

/** RFC 5802, 7: without channel binding, and for nobody but oneself. */
function readClientFirst(text: string) {
  const [, gs2Header, whom, bare, name, nonce] =
    /^([ny],(?:a=([^,]*))?,)(n=([^,]+),r=([\x21-\x2b\x2d-\x7e]+)(?:,[^,]*)*)$/.exec(text) ?? []
  if (gs2Header === undefined || bare === undefined || name === undefined || nonce === undefined) return undefined
  if (nonce.length > mostNonce || (whom !== undefined && whom !== name) || /=(?!2C|3D)/.test(name)) return undefined
  return { gs2Header, bare, nonce, name: name.replaceAll('=2C', ',').replaceAll('=3D', '=') }
}
