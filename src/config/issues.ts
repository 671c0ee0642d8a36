import type { z } from 'zod'
import type { SourceDocument } from './document.ts'
import { nameExpected } from './expected.ts'
import { knownKeys } from './known-keys.ts'
import { nearest } from './nearest.ts'
import { formatPath, nameFound, type Path, type Problem, quoted } from './problem.ts'

type Issue = z.core.$ZodIssue

/** A part of a document, and the schema that it was checked against. */
export interface Part {
  readonly document: SourceDocument
  readonly schema: z.ZodType
  /** Where the part stands. */
  readonly at: Path
  /** What is checked, when something was added to what stands there. */
  readonly given?: unknown
}

/** A part of the document checked by a schema: the value with its defaults, or the problems with their positions. */
export function check<S extends z.ZodType>(
  part: Part & { readonly schema: S },
): { readonly value: z.output<S> } | { readonly problems: readonly Problem[] } {
  const result = part.schema.safeParse('given' in part ? part.given : valueAt(part.document.data, part.at), {
    reportInput: true,
  })
  if (result.success) return { value: result.data }
  return { problems: result.error.issues.flatMap(issue => problemsOf(issue, part)) }
}

/** A problem that no schema can find. */
export function problemAt(document: SourceDocument, path: Path, expected: string, found?: string): Problem {
  return {
    file: document.file,
    ...document.position(path),
    what: formatPath(path),
    expected,
    found: found ?? nameFound(valueAt(document.data, path)),
  }
}

/** The same about a key instead of what stands behind it. */
export function keyProblemAt(document: SourceDocument, path: Path, expected: string): Problem {
  const found = quoted(String(path.at(-1)))
  return { file: document.file, ...document.keyPosition(path), what: formatPath(path.slice(0, -1)), expected, found }
}

/** What the document holds at a path; `undefined` when there is nothing. */
export function valueAt(data: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, key) => {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    return (value as Record<PropertyKey, unknown>)[key]
  }, data)
}

function problemsOf(issue: Issue, part: Part): Problem[] {
  const { document, at } = part
  const path = [...at, ...issue.path]
  if (issue.code === 'unrecognized_keys') return issue.keys.map(key => unknownKey(part, issue.path, key))
  if (issue.code === 'invalid_key' || isAboutKey(issue)) return [keyProblemAt(document, path, nameExpected(issue))]
  if (issue.code === 'invalid_union') {
    const nearest = nearestAlternative(issue)
    if (nearest) return nearest.flatMap(inner => problemsOf({ ...inner, path: [...issue.path, ...inner.path] }, part))
  }
  if (issue.code === 'custom' && isInText(issue.params)) return [problemInText(document, path, issue.params)]
  return [problemAt(document, path, nameExpected(issue))]
}

/** A fault in a text that is a small language of its own. */
interface InText {
  readonly offset: number
  readonly expected: string
  readonly found: string
  /** The words of which one was meant. */
  readonly known?: Iterable<string>
}

function isInText(params: unknown): params is InText {
  const { offset, expected, found }: Partial<InText> = params ?? {}
  return typeof offset === 'number' && typeof expected === 'string' && typeof found === 'string'
}

function problemInText(document: SourceDocument, path: Path, { offset, expected, found, known }: InText): Problem {
  const hint = known ? ` (${suggestion(found.replaceAll('"', ''), [...known])})` : ''
  return { file: document.file, ...document.positionIn(path, offset), what: formatPath(path), expected: expected + hint, found }
}

function suggestion(word: string, known: readonly string[]): string {
  const meant = nearest(word, known)
  return meant ? `perhaps ${meant}` : known.join(', ')
}

/** A check of our own that found fault with a key says so by its input. */
function isAboutKey({ code, input, path }: Issue): boolean {
  return code === 'custom' && path.length > 0 && input === path.at(-1)
}

/** Of several forms that a value may have, the one that it has nearly: whose first trouble lies inside the value. */
function nearestAlternative(issue: z.core.$ZodIssueInvalidUnion): readonly Issue[] | undefined {
  return issue.errors.find(inner => inner.every(each => each.path.length > 0 || each.code === 'unrecognized_keys'))
}

function unknownKey({ document, schema, at }: Part, path: Path, key: string): Problem {
  const known = knownKeys(schema, path)
  return keyProblemAt(document, [...at, ...path, key], `a known key (${suggestion(key, known)})`)
}
