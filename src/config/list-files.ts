import { readFile, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { SourceDocument } from './document.ts'
import { fileTrouble } from './file-trouble.ts'
import { problemAt } from './issues.ts'
import { type Checked, formatPath, type Path, type Problem, quoted } from './problem.ts'

/** Room for half a million addresses; more is a mistake. */
const maxListBytes = 16 * 1024 * 1024

/** Options as a policy takes them: what stood in files stands in them. */
export interface CompleteOptions {
  readonly given: unknown
  /** The files, which count anew when they change. */
  readonly files: readonly string[]
  /** A problem with an entry of a file, told where the entry stands. */
  readonly locate: (problem: Problem) => Problem
}

interface Source {
  readonly document: SourceDocument
  /** Where the options stand. */
  readonly at: Path
  readonly given: unknown
  /** Where relative paths start. */
  readonly folder: string
}

/** A list that is in a file of its own: `clients: { file: deny.txt }`. */
interface ListFile {
  readonly option: string
  readonly file: string
  readonly entries: readonly Entry[]
}

interface Entry {
  readonly text: string
  readonly line: number
}

/** Puts the entries of list files where the options name the files. A policy does no reading of its own. */
export async function readListFiles(source: Source): Promise<Checked<CompleteOptions>> {
  const { given } = source
  if (typeof given !== 'object' || given === null) return { value: { given, files: [], locate: problem => problem } }
  const lists: ListFile[] = []
  const problems: Problem[] = []
  for (const [option, value] of Object.entries(given)) {
    if (!isFileName(value)) continue
    const list = await readList(option, resolve(source.folder, value.file))
    if (typeof list !== 'string') lists.push(list)
    else problems.push(problemAt(source.document, [...source.at, option, 'file'], 'a list that can be read', list))
  }
  if (problems.length > 0) return { problems }
  const entries = lists.map(({ option, entries }) => [option, entries.map(({ text }) => text)])
  return {
    value: {
      given: { ...given, ...Object.fromEntries(entries) },
      files: lists.map(({ file }) => file),
      locate: problem => locate(problem, lists, source.at),
    },
  }
}

function isFileName(value: unknown): value is { readonly file: string } {
  if (typeof value !== 'object' || value === null || !('file' in value)) return false
  return typeof value.file === 'string' && Object.keys(value).length === 1
}

/** The list, or why it cannot be read. */
async function readList(option: string, file: string): Promise<ListFile | string> {
  try {
    const found = await stat(file)
    if (!found.isFile()) return `${file}, which is no file`
    if (found.size > maxListBytes) return `${file}, which has more than ${maxListBytes} bytes`
    return { option, file, entries: entriesOf(await readFile(file, 'utf8')) }
  } catch (error) {
    return fileTrouble(file, error)
  }
}

/** One entry a line. `#` begins a comment at the start of a line or behind a space: local parts may contain it. */
function entriesOf(text: string): Entry[] {
  return text
    .split(/\r?\n/)
    .map((line, index) => ({ text: line.replace(/(?:^|\s)#.*$/, '').trim(), line: index + 1 }))
    .filter(entry => entry.text !== '')
}

function locate(problem: Problem, lists: readonly ListFile[], at: Path): Problem {
  for (const { option, file, entries } of lists) {
    const list = formatPath([...at, option])
    const entry = problem.what.startsWith(`${list}[`) && entries[Number.parseInt(problem.what.slice(list.length + 1), 10)]
    if (entry) return { ...problem, file, line: entry.line, column: 1, found: quoted(entry.text) }
  }
  return problem
}
