import { z } from 'zod'
import { formatAddress, parseAddress, parseDomain } from '../mail/address.ts'
import { ClientList } from '../mail/client-list.ts'
import { DomainList } from '../mail/domain-list.ts'
import { parseNetwork } from '../mail/network.ts'
import { NetworkList } from '../mail/network-list.ts'

// Lists that more than one policy takes as an option. They are empty by default; each entry is checked on its own, so
// that a mistake is reported where it stands.

/** Addresses and networks of clients. */
export const networkList = entries(parseNetwork, 'expected an address, or a network such as 192.0.2.0/24').transform(
  networks => new NetworkList(networks),
)

/** Domain names, or `*.example.org` for all names below one. */
export const domainList = entries(parsePattern, 'expected a domain, or *.example.org for every name below it').transform(
  patterns => new DomainList(patterns),
)

/** Clients by address, network, or host name, `*.example.org` for all names below one. Names count when they are confirmed. */
export const clientList = entries(
  text => parseNetwork(text) ?? parsePattern(text),
  'expected an address, a network such as 192.0.2.0/24, a host name, or *.example.org for every name below it',
).transform(clients => new ClientList(clients))

/** Addresses of senders. Their case does not matter. */
export const addressList = entries(parseSender, 'expected an address such as alice@example.org').transform(
  addresses => new Set(addresses),
)

function entries<T>(parse: (text: string) => T | undefined, expected: string) {
  const entry = z.string().transform((text, context) => {
    const value = parse(text)
    if (value !== undefined) return value
    context.addIssue({ code: 'custom', message: expected, input: text })
    return z.NEVER
  })
  return z.array(entry).prefault([])
}

function parsePattern(text: string): string | undefined {
  const domain = parseDomain(text.replace(/^\*\./, ''))
  // No name ends with a number: 198.51.100 and 192.0.2.1-192.0.2.9 are meant for addresses.
  if (domain === undefined || /(?:^|\.)\d+$/.test(domain)) return undefined
  return domain === undefined || domain.startsWith('[') ? undefined : text.startsWith('*.') ? `*.${domain}` : domain
}

function parseSender(text: string): string | undefined {
  // A local part may contain an asterisk, but whoever writes one means all of a domain.
  const address = text.includes('*') ? undefined : parseAddress(text)
  return address && formatAddress(address).toLowerCase()
}
