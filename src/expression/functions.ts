import { RE2JS } from 're2js'
import { parseDomain } from '../mail/address.ts'
import { matchesDomain } from '../mail/domain.ts'
import { type Network, parseNetwork } from '../mail/network.ts'
import { limits } from './limits.ts'

/** What the functions of one expression were given as text and have understood when it was loaded. */
export class Understood {
  readonly #patterns = new Map<string, RE2JS>()
  readonly #networks = new Map<string, Network>()
  #left = 0

  /** What can be said of a text besides what CEL can say; how each argument has to look. */
  static readonly arguments: Readonly<Record<string, { readonly expected: string; readonly example: string }>> = {
    regex: { expected: 'a regular expression that RE2 can read', example: '"^mail[0-9]"' },
    inNetwork: { expected: 'an address, or a network such as 192.0.2.0/24', example: '"192.0.2.0/24"' },
    inDomain: { expected: 'a domain, which stands for itself and all below it', example: '"example.org"' },
  }

  /** Understands an argument; answers why it cannot be understood, or nothing. */
  read(method: string, text: string): string | undefined {
    if (method === 'regex') return this.#readPattern(text)
    if (method === 'inDomain') return parseDomain(text) === text ? undefined : JSON.stringify(text)
    const network = parseNetwork(text)
    if (!network) return JSON.stringify(text)
    this.#networks.set(text, network)
    return undefined
  }

  #readPattern(text: string): string | undefined {
    try {
      const pattern = RE2JS.compile(text)
      if (pattern.programSize() > limits.instructions) return 'one that is too big'
      this.#patterns.set(text, pattern)
      return undefined
    } catch (error) {
      return `${JSON.stringify(text)} (${String(error).replace(/^.*error parsing regexp: /, '')})`
    }
  }

  /** Another case begins. */
  begin(): void {
    this.#left = limits.search
  }

  search(text: string, pattern: string): boolean {
    const program = this.#patterns.get(pattern)
    if (!program) throw new Error('This regular expression was not there when the expression was loaded')
    if (text.length > limits.text) throw new Error(`A text with more than ${limits.text} characters is not searched`)
    this.#left -= (text.length + 1) * program.programSize()
    if (this.#left < 0) throw new Error('The texts are too long to be searched so often')
    return program.test(text)
  }

  isInNetwork(ip: string, network: string): boolean {
    return this.#networks.get(network)?.contains(ip) ?? false
  }

  isInDomain(name: string, domain: string): boolean {
    const lower = name.toLowerCase()
    return matchesDomain(lower, domain) || matchesDomain(lower, `*.${domain}`)
  }
}
