import { parseDomain } from '../mail/address.ts'
import type { Field } from '../mail/header.ts'

/**
 * Whether a field claims to be an Authentication-Results of ours (RFC 8601, 5). Whoever reads mail behind us believes
 * these, so in doubt a field is: its authserv-id may be quoted, in any case, behind comments, with a version or rubbish after it.
 */
export function claimsToBe(authservId: string, { name, value }: Field): boolean {
  if (name !== 'authentication-results') return false
  const id = canonical(authservId)
  const residue = residueOf(value)
  return canonical(authservIdOf(value)) === id || (residue.startsWith(id) && /^\d*$/.test(residue.slice(id.length)))
}

const mostCharacters = 4096

/** What is left of the first words when all is taken away that a careless reader might pass over. */
function residueOf(value: string): string {
  const text = withoutComments(value.slice(0, mostCharacters)).replaceAll(encodedWord, decode)
  return /[a-z0-9.-]+/.exec(text.toLowerCase().replaceAll(/[^\x21-\x7e]|["'\\]/g, ''))?.[0].replaceAll(/^\.+|\.+$/g, '') ?? ''
}

/** RFC 2047: it has no place here, and some programs decode it all the same. */
const encodedWord = /=\?[\w-]{1,40}\?([bq])\?([^?]{0,500})\?=/gi

function decode(_: string, encoding: string, text: string): string {
  return encoding.toLowerCase() === 'b' ? Buffer.from(text, 'base64').toString() : text
}

function withoutComments(value: string): string {
  let [text, rest] = ['', value]
  for (let at = rest.indexOf('('); at !== -1; at = rest.indexOf('(')) {
    text += rest.slice(0, at)
    rest = rest.slice(at + commentLength(rest.slice(at)))
  }
  return text + rest
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
