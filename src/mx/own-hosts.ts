import { networkInterfaces } from 'node:os'
import { canonicalAddress, parseNetwork } from '../mail/network.ts'

/** Who we are, so that mail is not sent to ourselves (RFC 5321, 5.1). */
export interface OwnHosts {
  isOwnName(name: string): boolean
  isOwnAddress(ip: string): boolean
}

/** What stands for this machine wherever one is: a stranger's domain must not lead us to what listens for ourselves only. */
const always = ['127.0.0.0/8', '0.0.0.0/8', '::/128', '::1/128'].map(text => parseNetwork(text))
const globalIpv6 = parseNetwork('2000::/3')

/** Our names, and the addresses of this machine with those by which it is known outside. */
export function ownHosts(names: Iterable<string>, addresses: Iterable<string> = []): OwnHosts {
  const ownNames = new Set(names)
  const ownAddresses = new Set([...addresses, ...interfaceAddresses()].map(canonicalAddress))
  return {
    isOwnName: name => ownNames.has(name),
    isOwnAddress: ip => ownAddresses.has(canonicalAddress(ip)) || always.some(network => network?.contains(ip)),
  }
}

/** Whether this machine has an address from which the IPv6 Internet may be reached. */
export function hasGlobalIpv6(addresses: readonly string[] = interfaceAddresses()): boolean {
  return addresses.some(ip => globalIpv6?.contains(ip))
}

function interfaceAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap(list => (list ?? []).map(({ address }) => address))
}
