import { parseDomain } from '../mail/address.ts'

/**
 * The name in HELO or EHLO: a domain or an address literal (RFC 5321, 4.1.1.1); undefined for anything else.
 * Underscores and names without a dot pass, since many clients have them: rules may judge those.
 */
export function parseHelo(line: string): string | undefined {
  const [, name, ...more] = line.trimEnd().split(/ +/)
  if (name === undefined || more.length || !/^[\x21-\x7e]+$/.test(name)) return undefined
  return parseDomain(name) === undefined ? undefined : name
}
