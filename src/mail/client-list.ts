import { DomainList } from './domain-list.ts'
import type { Network } from './network.ts'
import { NetworkList } from './network-list.ts'

/** The clients of an administrator's list: by address, by network, or by a name that leads back to them. */
export class ClientList {
  readonly #networks: NetworkList
  readonly #names: DomainList

  constructor(entries: readonly (Network | string)[]) {
    this.#networks = new NetworkList(entries.filter(entry => typeof entry !== 'string'))
    this.#names = new DomainList(entries.filter(entry => typeof entry === 'string'))
  }

  /** The entry that a client is in. Its name counts only when the reverse DNS has confirmed it: anybody can claim one. */
  find(ip: string, { status, name }: { readonly status: string; readonly name?: string }): string | undefined {
    return this.#networks.find(ip) ?? (status === 'confirmed' && name !== undefined ? this.#names.find(name) : undefined)
  }
}
