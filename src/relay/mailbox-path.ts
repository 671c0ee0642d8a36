import type { Address } from '../mail/address.ts'

/** Whether a path names another folder for each recipient or domain. */
export function hasPlaceholder(template: string): boolean {
  return /\{(local|domain)\}/.test(template)
}

/**
 * Where a recipient's Maildir may be: with the local part as it was written, and in lower case, as most are. Empty
 * when the address cannot be part of a path: it would lead elsewhere, or nobody has such a folder.
 */
export function mailboxPaths(template: string, { local, domain }: Address): string[] {
  const name = unquoted(local)
  if (!isPathSafe(name) || !isPathSafe(domain)) return []
  const names = [...new Set([name, name.toLowerCase()])]
  return names.map(local => template.replaceAll(/\{(local|domain)\}/g, (_, part) => (part === 'local' ? local : domain)))
}

/** `"anna smith"` is the name that the quotes hold (RFC 5321, 4.1.2). */
function unquoted(local: string): string {
  return local.startsWith('"') ? local.slice(1, -1).replaceAll(/\\(.)/g, '$1') : local
}

/** One name of a path: it goes neither up nor down, is not hidden, and a file system can hold it. */
function isPathSafe(name: string): boolean {
  return name !== '' && !name.startsWith('.') && !/[/\\\x00-\x1f\x7f]/.test(name) && Buffer.byteLength(name) <= 255
}
