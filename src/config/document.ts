import YAML from 'yaml'
import { type Checked, type Path, type Position, type Problem, quoted } from './problem.ts'
import { offsetIn } from './scalar.ts'

/** A configuration file beyond this is a mistake, or an attack. */
const maxDocumentBytes = 1024 * 1024

/** References to anchors beyond these make a small file grow without end. */
const maxAliases = 100

/** A YAML file that could be read, and where in it each value stands. */
export interface SourceDocument {
  /** As the administrator knows it. */
  readonly file: string
  readonly data: unknown
  /** Where the value stands, or what is nearest to it when there is none. */
  position(path: Path): Position
  /** Where a character of the text that stands there is. */
  positionIn(path: Path, offset: number): Position
  /** Where the last key of the path stands. */
  keyPosition(path: Path): Position
}

/** Reads YAML 1.2. What is not well-formed, or not safe to expand, is a problem with its position. */
export function parseDocument(file: string, text: string): Checked<SourceDocument> {
  const lineCounter = new YAML.LineCounter()
  const source = { file, text, lineCounter }
  if (Buffer.byteLength(text) > maxDocumentBytes) return { problems: [tooLong(file, text)] }
  const document = YAML.parseDocument(text, { lineCounter, prettyErrors: false, stringKeys: true, logLevel: 'error' })
  // After the first error a parser has lost its way: what it reports behind is noise, except keys given twice.
  const errors = [...document.errors, ...document.warnings]
  const duplicates = errors.filter(error => error.code === 'DUPLICATE_KEY')
  const worst = duplicates.length > 0 ? duplicates : errors.slice(0, 1)
  if (worst.length > 0) return { problems: worst.map(error => syntaxProblem(source, error)) }
  return expand(source, document)
}

interface Source {
  readonly file: string
  readonly text: string
  readonly lineCounter: YAML.LineCounter
}

function expand({ file, text, lineCounter }: Source, document: YAML.Document): Checked<SourceDocument> {
  const unknown = unknownAliases(document)
  if (unknown.length > 0) return { problems: unknown.map(alias => aliasProblem(file, lineCounter, alias)) }
  let data: unknown
  try {
    data = document.toJS({ maxAliasCount: maxAliases })
  } catch {
    // The only errors here are those of aliases: unknown ones, which are told before, and too many.
    const expected = `at most ${maxAliases} aliases of anchors`
    return { problems: [{ file, line: 1, column: 1, what: 'YAML', expected, found: 'more of them' }] }
  }
  const at = (offset: number | undefined) => toPosition(lineCounter, offset)
  return {
    value: {
      file,
      data,
      position: path => at(locate(document, path).value),
      positionIn: (path, offset) => at(offsetIn(text, locate(document, path).node, offset)),
      keyPosition: path => at(locate(document, path).key),
    },
  }
}

function unknownAliases(document: YAML.Document): YAML.Alias[] {
  const unknown: YAML.Alias[] = []
  YAML.visit(document, {
    Alias: (_, alias) => {
      if (!alias.resolve(document)) unknown.push(alias)
    },
  })
  return unknown
}

function aliasProblem(file: string, lineCounter: YAML.LineCounter, { source, range }: YAML.Alias): Problem {
  const found = `*${source}`
  const expected = `quotes around ${quoted(found)}, or an anchor &${source} before it`
  return { file, ...toPosition(lineCounter, range?.[0]), what: 'YAML', expected, found: quoted(found) }
}

function toPosition(lineCounter: YAML.LineCounter, offset: number | undefined): Position {
  const { line, col } = lineCounter.linePos(offset ?? 0)
  return { line: Math.max(line, 1), column: Math.max(col, 1) }
}

interface Place {
  readonly key: number | undefined
  readonly value: number | undefined
  readonly node?: unknown
}

/** Follows the path through the nodes as far as it goes. */
function locate(document: YAML.Document, path: Path): Place {
  let node = resolve(document, document.contents)
  let place: Place = { key: start(node), value: start(node) }
  for (const step of path) {
    const next = child(node, step)
    if (!next) return place
    node = resolve(document, next.value)
    const value = start(next.value)
    place = { key: start(next.key) ?? value, value: isEmpty(node) ? (start(next.key) ?? value) : value, node }
  }
  return place
}

function child(node: unknown, step: PropertyKey): { key?: unknown; value: unknown } | undefined {
  if (YAML.isMap(node)) return node.items.find(pair => keyText(pair.key) === String(step))
  if (YAML.isSeq(node) && typeof step === 'number' && step in node.items) return { value: node.items[step] }
  return undefined
}

function keyText(key: unknown): string {
  return String(YAML.isScalar(key) ? key.value : key)
}

function resolve(document: YAML.Document, node: unknown): unknown {
  return YAML.isAlias(node) ? node.resolve(document) : node
}

/** `hostname:` with nothing behind it: the key is easier to find than the nothing. */
function isEmpty(node: unknown): boolean {
  return node === null || node === undefined || (YAML.isScalar(node) && node.value === null && !node.source)
}

function start(node: unknown): number | undefined {
  return YAML.isNode(node) ? node.range?.[0] : undefined
}

function tooLong(file: string, text: string): Problem {
  const bytes = Buffer.byteLength(text)
  return { file, line: 1, column: 1, what: 'YAML', expected: `at most ${maxDocumentBytes} bytes`, found: `${bytes}` }
}

function syntaxProblem({ file, text, lineCounter }: Source, error: YAML.YAMLError): Problem {
  const [from] = error.pos
  const { expected, found } = explain(error, text.slice(from, from + 80))
  return { file, ...toPosition(lineCounter, from), what: 'YAML', expected, found }
}

function explain(error: YAML.YAMLError, rest: string): { expected: string; found: string } {
  const [line = ''] = rest.split('\n', 1)
  if (error.code === 'DUPLICATE_KEY')
    return { expected: 'each key once', found: `${quoted(line.split(/:(?:\s|$)/)[0] ?? line)} again` }
  if (error.code === 'TAB_AS_INDENT') return { expected: 'spaces', found: 'a tab' }
  if (error.code === 'UNEXPECTED_TOKEN' && /^[{[]/.test(line)) {
    return { expected: 'quotes around a value that contains brackets', found: quoted(line) }
  }
  return { expected: 'well-formed YAML', found: `${quoted(line)} (${lastSentence(error)})` }
}

function lastSentence(error: unknown): string {
  const [first = ''] = (error instanceof Error ? error.message : String(error)).split('\n', 1)
  return first.charAt(0).toLowerCase() + first.slice(1)
}
