import { createHash } from 'node:crypto'
import type { CanonicalBody } from './canonical-body.ts'
import { RelaxedBody } from './relaxed-body.ts'
import { SimpleBody } from './simple-body.ts'

/** How a signature has the body hashed (RFC 6376, 3.5: `c=`, `a=` and `l=`). */
export interface BodyWay {
  readonly form: 'simple' | 'relaxed'
  readonly algorithm: 'sha256' | 'sha1'
  /** How many bytes of the canonical form are signed, if not all. */
  readonly length?: number
}

/** The hash of a body. It is there when the body has ended. */
export class BodyHash {
  readonly #hash
  readonly #most: number
  /** Of the canonical form: all of them, and those that count. */
  totalBytes = 0
  hashedBytes = 0
  #digest: string | undefined

  constructor({ algorithm, length = Number.POSITIVE_INFINITY }: BodyWay) {
    this.#hash = createHash(algorithm)
    this.#most = length
  }

  update(bytes: Buffer): void {
    this.totalBytes += bytes.length
    const left = this.#most - this.hashedBytes
    if (left <= 0) return
    const counted = bytes.length > left ? bytes.subarray(0, left) : bytes
    this.hashedBytes += counted.length
    this.#hash.update(counted)
  }

  /** In Base64. */
  digest(): string {
    this.#digest ??= this.#hash.digest('base64')
    return this.#digest
  }
}

/** All hashes of one body, in one pass: whatever several signatures have in common is done once. */
export class BodyHashes {
  readonly #hashes = new Map<string, BodyHash>()
  readonly #forms = new Map<BodyWay['form'], { readonly body: CanonicalBody; readonly hashes: BodyHash[] }>()

  /** For how many hashes each byte is read. */
  get count(): number {
    return this.#hashes.size
  }

  /** Only before the body is read. */
  hash(way: BodyWay): BodyHash {
    const key = `${way.form} ${way.algorithm} ${way.length}`
    const known = this.#hashes.get(key)
    if (known) return known
    const hash = new BodyHash(way)
    this.#hashes.set(key, hash)
    this.#form(way.form).hashes.push(hash)
    return hash
  }

  write(input: Buffer): void {
    for (const { body } of this.#forms.values()) body.write(input)
  }

  end(): void {
    for (const { body } of this.#forms.values()) body.end()
  }

  #form(form: BodyWay['form']) {
    const known = this.#forms.get(form)
    if (known) return known
    const hashes: BodyHash[] = []
    const sink = (bytes: Buffer) => {
      for (const hash of hashes) hash.update(bytes)
    }
    const made = { body: form === 'relaxed' ? new RelaxedBody(sink) : new SimpleBody(sink), hashes }
    this.#forms.set(form, made)
    return made
  }
}
