const tagName = /^[A-Za-z][A-Za-z0-9_]*$/
/** Printable ASCII, and the white space of a folded field. */
const usual = /^[\x20-\x7e\t\r\n]*$/

/**
 * Reads a list of tags (RFC 6376, 3.2), names and values without the white space around them. Answers `undefined` for a list
 * that breaks a rule, or has other characters: somebody else has to decide what that is worth.
 */
export function readTags(text: string): ReadonlyMap<string, string> | undefined {
  if (!usual.test(text)) return undefined
  const tags = new Map<string, string>()
  const parts = text.split(';')
  // One more semicolon at the end is allowed.
  if (parts.at(-1)?.trim() === '') parts.pop()
  for (const part of parts) {
    const equals = part.indexOf('=')
    const name = part.slice(0, equals).trim()
    if (equals === -1 || !tagName.test(name) || tags.has(name)) return undefined
    tags.set(name, part.slice(equals + 1).trim())
  }
  return tags
}
