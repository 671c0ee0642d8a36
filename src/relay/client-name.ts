import type { Trace } from '../engine/trace.ts'
import { parseDomain } from '../mail/address.ts'

/** What the reverse DNS said of the client, as far as the header tells of it. */
export interface ReverseName {
  readonly status: 'confirmed' | 'unconfirmed' | 'none' | 'temperror'
  readonly name?: string
}

/** Reads the fact `reverse-dns` from a trace. Its name came from a stranger's DNS: only a host name is one. */
export function reverseName({ facts }: Trace): ReverseName | undefined {
  const value = facts.find(({ fact }) => fact === 'reverse-dns')?.value
  if (typeof value !== 'object' || value === null || !('status' in value)) return undefined
  const status = statuses.find(known => known === value.status)
  const name = 'name' in value && typeof value.name === 'string' ? hostName(value.name) : undefined
  return status && { status, ...(name !== undefined && { name }) }
}

/** The client's name, if it leads back to the client. */
export function confirmedName(trace: Trace): string | undefined {
  const found = reverseName(trace)
  return found?.status === 'confirmed' ? found.name : undefined
}

const statuses = ['confirmed', 'unconfirmed', 'none', 'temperror'] as const

function hostName(text: string): string | undefined {
  return text.startsWith('[') ? undefined : parseDomain(text)
}
