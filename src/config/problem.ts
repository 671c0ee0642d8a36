/** Where something stands in a file, counted from one. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** One thing that is wrong with a configuration, in the words of the person who has to mend it. */
export interface Problem extends Position {
  readonly file: string
  /** What it is about: `rules[3].options.points`. */
  readonly what: string
  readonly expected: string
  readonly found: string
}

/** A value, or everything that is wrong with it. */
export type Checked<T> = { readonly value: T } | { readonly problems: readonly Problem[] }

/** `postern.yaml:4:12: mode: expected one of enforce, observe, found "enforced"`. */
export function formatProblem({ file, line, column, what, expected, found }: Problem): string {
  return `${file}:${line}:${column}: ${hideKeys(what)}: expected ${expected}, found ${hideKeys(found)}`
}

/** Problems end in logs and in questions to others, and a mistake may be right beside a key of a blocklist. */
function hideKeys(text: string): string {
  return text.replaceAll(/(?<![a-z0-9])(?=[a-z]*\d)(?=\d*[a-z])[a-z0-9]{20,}(?![a-z0-9])/gi, '<key>')
}

const mostProblems = 20

/** The first of them, and how many more there are: a list that is no list at all has one in each line. */
export function formatProblems(problems: readonly Problem[]): string[] {
  const lines = [...new Set(problems.map(formatProblem))]
  const rest = lines.length - mostProblems
  return rest > 0 ? [...lines.slice(0, mostProblems), `and ${rest} more`] : lines
}

const longest = 60

/** How a value is named in a problem: short, and safe to print on a terminal. */
export function nameFound(value: unknown): string {
  if (value === undefined || value === null) return 'nothing'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  if (typeof value === 'object') return Object.keys(value).length === 0 ? 'an empty mapping' : 'a mapping'
  return typeof value === 'string' ? quoted(value) : String(value)
}

/** Text in quotes, cut when it is long, with its control characters as escapes. */
export function quoted(text: string): string {
  const short = text.length > longest ? `${text.slice(0, longest)}…` : text
  return JSON.stringify(short).replace(/[\x7f-\x9f]/g, spellOut)
}

function spellOut(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** `rules[3].options.points`, and `relay["example.org"].to` where a key is not a plain word. */
export function formatPath(path: Path): string {
  if (path.length === 0) return 'the configuration'
  return path.map(formatKey).join('').replace(/^\./, '')
}

/** The keys and the numbers that lead to a value. */
export type Path = readonly PropertyKey[]

function formatKey(key: PropertyKey): string {
  if (typeof key === 'number') return `[${key}]`
  const text = String(key)
  return /^[\w-]+$/.test(text) ? `.${text}` : `[${quoted(text)}]`
}
