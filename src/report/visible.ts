// Control characters of both sets, line separators, and the marks that make text read in the other direction.
export const unsafe: RegExp = /[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]/g

/** Text from mail as a terminal may show it: what could move the cursor or hide something is spelt out. */
export function visible(text: string): string {
  return text.replace(unsafe, character => `\\u{${character.charCodeAt(0).toString(16)}}`)
}

/** Data as JSON that a terminal may show: the same characters as escapes, so that it stays the same data. */
export function visibleJson(value: unknown, indent?: number): string {
  const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  // The line ends of the indentation are JSON's own: those inside of strings are escaped already.
  return (JSON.stringify(value, undefined, indent) ?? 'null').replace(unsafe, character =>
    character === '\n' ? character : escaped(character),
  )
}
