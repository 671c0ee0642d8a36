import { createPublicKey, type KeyObject } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { getPublicKey, type PublicKey, toALabel } from 'mailauth/lib/tools.js'

/** A public key of a signer (RFC 6376, 3.6.1), ready to verify with. */
export interface Key extends PublicKey {
  readonly publicKey: KeyObject
}

/** To read a key takes longer than to verify with it, and the great signers have few. By record: what has changed is read anew. */
const read = new LRUCache<string, Promise<Key>>({ max: 2000 })

/** The keys that one message needs: each is asked for once. It has the shape of mailauth's own, so that mailauth uses it too. */
export class KeyRing {
  readonly resolver: MailauthResolver
  readonly #found = new Map<string, Promise<Key>>()

  constructor(resolver: MailauthResolver) {
    this.resolver = resolver
  }

  /** Rejects with an error whose `code` says what is wrong with the key, or why there is none. */
  get(_type: string, name: string, _bits: undefined, { hashAlgo }: { readonly hashAlgo: string }): Promise<Key> {
    const id = `${hashAlgo} ${name}`
    const begun = this.#found.get(id) ?? this.#find(name, hashAlgo)
    this.#found.set(id, begun)
    // It may have failed before anybody waits for it.
    begun.catch(() => {})
    return begun
  }

  async #find(name: string, hashAlgo: string): Promise<Key> {
    const [record] = await this.resolver(toALabel(name), 'TXT')
    const text = [record].flat().join('')
    const id = `${hashAlgo} ${text}`
    const known = read.get(id) ?? readKey(name, text, hashAlgo)
    read.set(id, known)
    try {
      return await known
    } catch (error) {
      // Whoever gets it writes down in it whose key it was.
      throw Object.assign(new Error((error as Error).message), error)
    }
  }
}

async function readKey(name: string, text: string, hashAlgo: string): Promise<Key> {
  const key = await getPublicKey('DKIM', name, undefined, async () => [[text]], { strict: true, hashAlgo })
  return { ...key, publicKey: createPublicKey(key.publicKey) }
}
