import { isIPv6 } from 'node:net'
import type { Trace } from '../engine/trace.ts'
import { value } from './authentication-words.ts'
import { foldField } from './fold.ts'
import { foundIn } from './found.ts'

/** The Received-SPF field (RFC 7208, 9.1): what SPF said, and what it was asked. Empty when it was not asked. */
export function receivedSpfField(hostname: string, trace: Trace): string {
  const found = foundIn(trace, 'spf')
  if (!found) return ''
  const { client, helo } = trace.session
  const ip = isIPv6(client.ip) ? `"${client.ip}"` : client.ip
  return foldField('Received-SPF', [
    found.result,
    `(${hostname})`,
    `client-ip=${ip};`,
    ...(found.identity === 'mailfrom' ? [`envelope-from=${value(trace.sender ?? '')};`] : []),
    ...(helo === undefined ? [] : [`helo=${value(helo)};`]),
    `identity=${found.identity};`,
    `receiver=${hostname}`,
  ])
}
