import type { Trace } from '../engine/trace.ts'
import { authenticationMethods } from './authentication-methods.ts'
import { foldField } from './fold.ts'

/** The Authentication-Results field of a message, under our name as the authserv-id (RFC 8601). */
export function authenticationResultsField(authservId: string, trace: Trace): string {
  return foldField('Authentication-Results', authenticationResultsWords(authservId, trace))
}

/** The same as the words of its value. */
export function authenticationResultsWords(authservId: string, trace: Trace): readonly string[] {
  const results = authenticationMethods.flatMap(method => method(trace))
  if (results.length === 0) return [`${authservId};`, 'none']
  // Each result but the last ends with a semicolon.
  const words = results.flatMap((result, at) =>
    at < results.length - 1 ? [...result.slice(0, -1), `${result.at(-1)};`] : result,
  )
  return [`${authservId};`, ...words]
}
