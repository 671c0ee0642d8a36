import { isIPv6 } from 'node:net'
import type { Trace } from '../engine/trace.ts'
import { type ReverseName, reverseName } from './client-name.ts'
import { foldField } from './fold.ts'

/** One method's result, as it stands in the field (RFC 8601, 2.2): `iprev=pass policy.iprev=192.0.2.1 (mail.example.org)`. */
type Method = (trace: Trace) => readonly string[]

/** What we can say of a message, in this order. A method that was not applied says nothing. */
const methods: readonly Method[] = [iprev]

/** The Authentication-Results field of a message, under our name as the authserv-id. */
export function authenticationResultsField(authservId: string, trace: Trace): string {
  const results = methods.flatMap(method => method(trace).map(result => `; ${result}`))
  const words = `${authservId}${results.join('') || '; none'}`.split(' ')
  return foldField('Authentication-Results', words)
}

/** RFC 8601, 2.7.3 and 3. */
const iprevResults: Readonly<Record<ReverseName['status'], string>> = {
  confirmed: 'pass',
  unconfirmed: 'fail',
  none: 'permerror',
  temperror: 'temperror',
}

function iprev(trace: Trace): string[] {
  const found = reverseName(trace)
  if (!found) return []
  const { ip } = trace.session.client
  // A colon cannot stand in a token (RFC 2045, 5.1).
  const address = isIPv6(ip) ? `"${ip}"` : ip
  return [`iprev=${iprevResults[found.status]} policy.iprev=${address}${found.name ? ` (${found.name})` : ''}`]
}
