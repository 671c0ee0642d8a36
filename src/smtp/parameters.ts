/** The parameters behind a path, in capitals; a parameter without a value is `true`. */
export type Parameters = ReadonlyMap<string, string | true>

// RFC 5321, 4.1.2: esmtp-keyword and esmtp-value; UTF-8 as RFC 6531, 3.3, has it.
const parameter = /^([a-z0-9][a-z0-9-]*)(?:=([^\x00-\x20=\x7f]+))?$/iu

/** Reads ESMTP parameters. Undefined when they are malformed, or one comes twice. */
export function readParameters(text: string): Parameters | undefined {
  if (text !== '' && !text.startsWith(' ')) return undefined
  const parameters = new Map<string, string | true>()
  for (const part of text.split(' ')) {
    if (part === '') continue
    const [, keyword = '', value] = parameter.exec(part) ?? []
    const name = keyword.toUpperCase()
    if (!name || parameters.has(name)) return undefined
    parameters.set(name, value ?? true)
  }
  return parameters
}
