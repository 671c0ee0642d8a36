import { BlockList, isIP } from 'node:net'
import { canonicalAddress, type Network } from './network.ts'

/** The addresses and networks of an administrator's list: it may be long, and is asked for every client. */
export class NetworkList {
  readonly #addresses = new Map<string, string>()
  readonly #networks: readonly Network[]
  readonly #ranges = new BlockList()

  constructor(entries: Iterable<Network>) {
    const networks: Network[] = []
    for (const entry of entries) {
      const [base = '', bits] = entry.text.split('/', 2)
      if (bits === undefined) {
        this.#addresses.set(canonicalAddress(base), entry.text)
        continue
      }
      networks.push(entry)
      this.#ranges.addSubnet(canonicalAddress(base), Number(bits), family(base))
    }
    this.#networks = networks
  }

  /** The entry that an address is in, as it was written. */
  find(ip: string): string | undefined {
    const address = canonicalAddress(ip)
    const exact = this.#addresses.get(address)
    if (exact !== undefined || !this.#ranges.check(address, family(address))) return exact
    return this.#networks.find(network => network.contains(address))?.text
  }
}

function family(ip: string): 'ipv4' | 'ipv6' {
  return isIP(ip) === 6 ? 'ipv6' : 'ipv4'
}
