import YAML from 'yaml'

/**
 * Where a character of a scalar's value stands in the source. YAML folds lines and takes indentation away, in five styles;
 * but whatever is not white space comes in the same order in both, and is counted.
 */
export function offsetIn(source: string, node: unknown, offset: number): number | undefined {
  if (!YAML.isScalar(node) || !node.range) return undefined
  const [start, end] = node.range
  if (typeof node.value !== 'string') return start
  const before = node.value.slice(0, offset).replaceAll(/\s/g, '').length
  const marks = marksIn(source.slice(start, end), node.type)
  // Behind the last one there is only the end of the text.
  const mark = marks[before] ?? (marks.at(-1) ?? -1) + 1
  return start + mark
}

const charactersOfQuoted = /\\(?:x[\da-f]{2}|u[\da-f]{4}|U[\da-f]{8}|[\s\S])|[^\s"]/gi

/** Where those of its characters stand that are not white space. */
function marksIn(text: string, type: string | undefined): number[] {
  if (type === 'QUOTE_DOUBLE')
    return [...text.matchAll(charactersOfQuoted)].filter(([found]) => !isSpace(found)).map(({ index }) => index)
  if (type === 'QUOTE_SINGLE') return [...text.slice(0, -1).matchAll(/''|\S/g)].slice(1).map(({ index }) => index)
  const header = type === 'BLOCK_LITERAL' || type === 'BLOCK_FOLDED' ? text.indexOf('\n') + 1 : 0
  return [...text.slice(header).matchAll(/\S/g)].map(({ index }) => header + index)
}

/** What stands for white space, or, behind a backslash, for nothing: `\n`, `\u0020`, a line end. */
function isSpace(found: string): boolean {
  if (/^\\[xu][\da-f]/i.test(found)) return /\s/.test(String.fromCodePoint(Number.parseInt(found.slice(2), 16)))
  return /^\\[tnvfr_LP\s]$/.test(found)
}
