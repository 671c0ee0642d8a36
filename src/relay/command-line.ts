/** What the trace calls a command. */
export function verb(line: string): string {
  return /^\w+/.exec(line)?.[0] ?? line
}

/** A command as it goes over the wire. A line end inside a command would be a second command: addresses and names have been parsed, so there is none. */
export function checked(line: string): string {
  if (/[\r\n\0]/.test(line)) throw new Error(`An SMTP command is one line, found ${JSON.stringify(line)}`)
  return `${line}\r\n`
}
