import { malformed, type SaslExchange, type Step, textOf } from './sasl.ts'

/** Looks at a name and a password. */
type Judge = (name: string, password: string) => Promise<Step>

const nothing = Buffer.alloc(0)

/** PLAIN (RFC 4616): for whom, who, and the password, with NULs between them. */
export class PlainExchange implements SaslExchange {
  readonly greeting: Buffer = nothing
  readonly #judge: Judge

  constructor(judge: Judge) {
    this.#judge = judge
  }

  step(response: Buffer): Step | Promise<Step> {
    const [whom, name, password, ...rest] = textOf(response)?.split('\0') ?? []
    if (name === undefined || password === undefined || rest.length > 0) return malformed
    // Nobody may act for another.
    if (whom !== '' && whom !== name) return { failure: 'refused', detail: 'for another account' }
    return this.#judge(name, password)
  }
}

/** LOGIN: no standard has it, and old clients know nothing else. The name comes first, then the password. */
export class LoginExchange implements SaslExchange {
  readonly greeting: Buffer = Buffer.from('Username:')
  readonly #judge: Judge
  #name: string | undefined

  constructor(judge: Judge) {
    this.#judge = judge
  }

  step(response: Buffer): Step | Promise<Step> {
    const text = textOf(response)
    if (text === undefined) return malformed
    if (this.#name !== undefined) return this.#judge(this.#name, text)
    this.#name = text
    return { challenge: Buffer.from('Password:') }
  }
}
