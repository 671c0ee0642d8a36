import { hostname } from 'node:os'
import { parseDomain } from '../mail/address.ts'

/** The full name of this machine, when the system knows it: a name with a dot. */
export function ownName(): string | undefined {
  const name = parseDomain(hostname())
  return name?.includes('.') && !name.startsWith('[') ? name : undefined
}
