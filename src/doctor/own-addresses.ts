import { networkInterfaces } from 'node:os'
import type { Dns } from '../engine/dns.ts'
import { canonicalAddress, isPublicAddress } from '../mail/network.ts'

/**
 * The addresses from which our mail goes out, as far as they can be guessed: the public ones of this machine, and those of our name, which
 * are ours also behind a router that translates addresses.
 */
export async function ownAddresses(hostname: string, dns: Dns): Promise<string[]> {
  const local = interfaceAddresses()
  const [v4, v6] = await Promise.all([dns.query('A', hostname), dns.query('AAAA', hostname)])
  const all = [...local, ...v4.records, ...v6.records].map(canonicalAddress)
  return [...new Set(all)].filter(isPublicAddress)
}

function interfaceAddresses(): string[] {
  try {
    return Object.values(networkInterfaces()).flatMap(list => list?.map(({ address }) => address) ?? [])
  } catch {
    // A service manager may forbid to ask the system (no AF_NETLINK): then our name has to do.
    return []
  }
}
