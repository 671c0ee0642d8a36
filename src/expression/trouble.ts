import { ParseError } from '@marcbachmann/cel-js'
import { Fault } from './fault.ts'
import { limits } from './limits.ts'

const limitNames: Readonly<Record<string, string>> = {
  maxAstNodes: `at most ${limits.nodes} parts`,
  maxDepth: `at most ${limits.depth} levels`,
  maxListElements: `at most ${limits.listElements} elements in a list`,
  maxMapEntries: 'no mapping: a list is written [1, 2]',
  maxCallArguments: 'at most two arguments',
}

/** What CEL finds wrong with an expression, in our words. */
export function faultIn(error: unknown, text: string): Fault {
  if (!isFromCel(error)) return new Fault({ offset: 0, expected: 'an expression in CEL', found: String(error) })
  const { code, summary, range } = error
  const offset = Math.min(range?.start ?? 0, text.length)
  const there = text.slice(offset, Math.max(range?.end ?? 0, offset + 1))
  const found = there === '' ? 'its end' : JSON.stringify(there.slice(0, 40))
  if (code === 'limit_exceeded') {
    const [, limit = ''] = /Exceeded (\w+)/.exec(summary) ?? []
    return new Fault({ offset, expected: limitNames[limit] ?? 'less', found: 'more' })
  }
  const expected = error instanceof ParseError ? 'an expression in CEL' : 'types that go together'
  return new Fault({ offset, expected, found: `${found} (${summary.charAt(0).toLowerCase()}${summary.slice(1)})` })
}

interface CelError extends Error {
  readonly code: string
  readonly summary: string
  readonly range?: { readonly start: number; readonly end: number }
}

function isFromCel(error: unknown): error is CelError {
  return error instanceof Error && 'code' in error && 'summary' in error
}
