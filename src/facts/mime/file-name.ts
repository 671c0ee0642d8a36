const longest = 255
/** The extension stands at the end, and the end is what an attacker would like to be cut off. */
const keptEnd = 200

/** A file name as a person may see it: without what is invisible or turns the direction of writing, and not too long. */
export function cleanFileName(text: string): string {
  const visible = text.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '')
  if (visible.length <= longest) return visible
  return `${visible.slice(0, longest - keptEnd - 1)}…${visible.slice(-keptEnd)}`.toWellFormed()
}

/** What stands behind the last dot of a file name, in lower case; empty when there is no dot. */
export function extensionOf(name: string): string {
  const end = name.replace(/[\s.]+$/, '')
  const dot = end.lastIndexOf('.')
  return dot === -1 ? '' : end.slice(dot + 1).toLowerCase()
}
