/** The longest line that reports have; RFC 5322 forbids more than 998. */
const longest = 900

/** Header-like lines, those that there are, each with its line end. A long one is folded where it has a space. */
export function lines(all: readonly (string | false)[]): string {
  return all
    .filter(line => line !== false)
    .map(line => `${fold(line)}\r\n`)
    .join('')
}

function fold(line: string): string {
  if (Buffer.byteLength(line) <= longest) return line
  const at = line.lastIndexOf(' ', longest / 4)
  const cut = at > line.indexOf(':') + 1 ? at : longest / 4
  return `${line.slice(0, cut)}\r\n ${fold(line.slice(cut).trimStart())}`
}

/** Whether every character is one of ASCII. */
export function isPlain(text: string): boolean {
  return /^[\x00-\x7f]*$/.test(text)
}

/** Words in lines that mail programs show without breaking them. */
export function wrapped(text: string, indent = ''): string {
  const width = 72 - indent.length
  const out: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line && line.length + 1 + word.length > width) {
      out.push(line)
      line = word
    } else line = line ? `${line} ${word}` : word
  }
  return [...out, line].map(each => `${indent}${each}`).join('\r\n')
}
