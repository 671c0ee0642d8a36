// RFC 5322, 2.1.1: lines should have no more than 78 characters, and must not have more than 998.
const preferred = 78

/**
 * A header field from its name and the words of its value, with a line break before each word that would make the line
 * too long. A word is never broken. The value has been made safe before: it is text of ours.
 */
export function foldField(name: string, words: readonly string[]): string {
  let field = `${name}:`
  let column = field.length
  for (const word of words) {
    const breaks = column + 1 + word.length > preferred
    field += breaks ? `\r\n\t${word}` : ` ${word}`
    column = breaks ? 1 + word.length : column + 1 + word.length
  }
  return `${field}\r\n`
}
