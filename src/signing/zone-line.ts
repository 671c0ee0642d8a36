// RFC 1035, 3.3: a string in a record has at most 255 octets. Many editors of zones cut longer lines: these stay well below.
const perString = 200

/** A TXT record as a line of a zone file, its text in as many strings as it takes. A resolver joins them again. */
export function zoneLine(name: string, text: string): string {
  const strings = Array.from({ length: Math.ceil(text.length / perString) }, (_, at) =>
    quoted(text.slice(at * perString, (at + 1) * perString)),
  )
  const value = strings.length > 1 ? `(\n    ${strings.join('\n    ')} )` : (strings[0] ?? '""')
  return `${name}. IN TXT ${value}`
}

/** RFC 1035, 5.1. */
function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`
}
