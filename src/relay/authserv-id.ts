import { parseDomain } from '../mail/address.ts'
import type { Field } from '../mail/header.ts'

/**
 * Whether a field claims to be an Authentication-Results of ours (RFC 8601, 5). Whoever reads mail behind us believes
 * these, so in doubt a field is: its authserv-id may be quoted, in any case, behind comments, with a version or rubbish after it.
 */
export function claimsToBe(authservId: string, { name, value }: Field): boolean {
  return name === 'authentication-results' && canonical(authservIdOf(value)) === canonical(authservId)
}

/** The authserv-id at the start of the value (RFC 8601, 2.2). */
function authservIdOf(value: string): string {
  const text = withoutLeadingComments(value)
  const quoted = /^"((?:[^"\\]|\\.)*)"?/s.exec(text)?.[1]
  return quoted === undefined ? (/^[^\s;()"/=]*/.exec(text)?.[0] ?? '') : quoted.replaceAll(/\\(.)/gs, '$1').trim()
}

function withoutLeadingComments(value: string): string {
  let text = value.trimStart()
  while (text.startsWith('(')) text = text.slice(commentLength(text)).trimStart()
  return text
}

/** Comments nest, and a backslash takes the meaning from what follows it (RFC 5322, 3.2.2). */
function commentLength(text: string): number {
  let depth = 0
  for (const { 0: token, index } of text.matchAll(/\\.|[()]/gs)) {
    if (token === '(') depth++
    else if (token === ')') depth--
    if (depth === 0) return index + token.length
  }
  return text.length
}

function canonical(id: string): string {
  const name = id.replace(/\.$/, '')
  return parseDomain(name) ?? name.toLowerCase()
}
