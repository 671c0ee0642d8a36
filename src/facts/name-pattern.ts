import { isIPv4 } from 'node:net'
import { registeredDomain } from '../mail/domain.ts'
import { reversed } from '../mail/network.ts'

/**
 * How a provider names the addresses of its customers: `dynamic` for those that change hands, `static` for those that
 * it says do not, `generic` for any that is made from the address or a number.
 */
export type NamePattern = 'generic' | 'dynamic' | 'static'

const dynamicWords = new Set([
  'dynamic',
  'dyn',
  'pool',
  'dhcp',
  'ppp',
  'pppoe',
  'dsl',
  'adsl',
  'vdsl',
  'xdsl',
  'cable',
  'dialup',
  'dial',
])
const customerWords = new Set(['host', 'user', 'client', 'customer', 'cust', 'vps'])
const mailWords = new Set(['mx', 'mta', 'relay', 'out', 'outbound'])

/** What the name of an address looks like; `undefined` when somebody has chosen it for a host of their own. */
export function namePattern(name: string, ip: string): NamePattern | undefined {
  const host = hostPart(name)
  const words: readonly string[] = host.match(/[a-z]+/g) ?? []
  if (words.includes('static')) return 'static'

  const hasAddress = containsAddress(name, ip)
  // Providers have pools of mail servers too: `mail-pool-3.provider.example`.
  const isMailHost = /mail|smtp/.test(host) || words.some(word => mailWords.has(word))
  if (words.some(word => dynamicWords.has(word)) && (hasAddress || !isMailHost)) return 'dynamic'
  if (hasAddress) return 'generic'
  // One digit or two is how people number servers of their own.
  const isNumbered = /\d{3}|\d[a-f]\d/.test(host)
  return isNumbered && !isMailHost && words.some(word => customerWords.has(word)) ? 'generic' : undefined
}

/** The part of a name that the owner of the domain gave to the host: `poolservice` in `mail.poolservice.example` is not his word. */
function hostPart(name: string): string {
  const owner = registeredDomain(name)
  // Under a private suffix (`compute-1.amazonaws.com`) the customer's whole domain is one label.
  return name === owner ? (name.split('.')[0] ?? '') : name.slice(0, -owner.length - 1)
}

function containsAddress(name: string, ip: string): boolean {
  return isIPv4(ip) ? containsIpv4(name, ip) : containsIpv6(name, ip)
}

/** In decimal, forwards or backwards, at least three of the four numbers in a row; or in hexadecimal, or in twelve digits. */
function containsIpv4(name: string, ip: string): boolean {
  const octets = ip.split('.')
  const numbers = `.${(name.match(/\d+/g) ?? []).map(Number).join('.')}.`
  const rows = [octets, octets.toReversed()].flatMap(row => [row.slice(0, 3), row.slice(1)])
  if (rows.some(row => numbers.includes(`.${row.join('.')}.`))) return true
  const hex = Buffer.from(octets.map(Number)).toString('hex')
  return name.includes(hex) || name.includes(octets.map(octet => octet.padStart(3, '0')).join(''))
}

/** All 32 digits, or the last 16, with any or no signs between them; or the groups as they are usually written. */
function containsIpv6(name: string, ip: string): boolean {
  const nibbles = reversed(ip).split('.')
  const digits = name.replaceAll(/[^0-9a-f]/g, '')
  if (digits.includes(nibbles.toReversed().join('')) || digits.includes(nibbles.join(''))) return true
  return name.includes(nibbles.slice(0, 16).toReversed().join('')) || name.includes(ip.replaceAll(':', '-'))
}
