import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The top of the repository. */
export const top = join(import.meta.dirname, '../..')

/** One file of ours, as the architecture sees it. */
export interface Source {
  /** From the top of the repository: `src/mail/address.ts`. */
  readonly path: string
  readonly lines: readonly string[]
  /** What it imports, as written there. */
  readonly imports: readonly string[]
}

/** All TypeScript files below a folder, in order. */
export function sourcesIn(folder: string): Source[] {
  return readdirSync(join(top, folder), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .sort()
    .map(name => readSource(`${folder}/${name}`))
}

function readSource(path: string): Source {
  const text = readFileSync(join(top, path), 'utf8')
  return { path, lines: text.trimEnd().split('\n'), imports: importsOf(text) }
}

const importForms = [
  /^(?:import|export)\b[^'"`]*?\bfrom\s+['"]([^'"]+)['"]/gm,
  /^import\s+['"]([^'"]+)['"]/gm,
  /\bimport\(\s*['"]([^'"]+)['"]/g,
]

/** What a module names behind `from`, `import` and `import(…)`, types included. What stands in a template is text. */
export function importsOf(text: string): string[] {
  const code = text.replaceAll(/^\s*(?:\/\/|\/?\*).*$/gm, '').replaceAll(/`(?:[^`\\]|\\.)*`/gs, '``')
  return importForms.flatMap(form => [...code.matchAll(form)].map(match => match[1] ?? ''))
}

/** A function with a body of its own, and how many lines it takes. */
export interface Span {
  readonly line: number
  readonly length: number
}

const opensFunction =
  /(?:\bfunction\b.*|=>\s*|^\s*(?:(?:async|static|override|get|set|private)\s+)*[#\w]+(?:<.*>)?\(.*\).*|^\s*\).*)\{$/
const opensBlock = /^\s*(?:\} )?(?:if|for|while|switch|catch|else|do|try)\b/

/** The functions of a file, found by the indentation that the formatter keeps: from the opening line to its brace. */
export function functionsOf(lines: readonly string[]): Span[] {
  return lines.flatMap((line, at) => {
    if (!opensFunction.test(line) || opensBlock.test(line)) return []
    const end = lines.findIndex((other, below) => below > at && other.startsWith(`${indentOf(line)}}`))
    return end === -1 ? [] : [{ line: at + 1, length: end - at + 1 }]
  })
}

function indentOf(line: string): string {
  return /^\s*/.exec(line)?.[0] ?? ''
}
