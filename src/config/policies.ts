import { readdir, stat } from 'node:fs/promises'
import { extname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { phases } from '../engine/phase.ts'
import type { AnyPolicy } from '../engine/policy.ts'
import { type CodePlace, placeOf } from './code-place.ts'
import { nearest } from './nearest.ts'
import { filesBehind, importPolicy } from './policy-modules.ts'
import { offerSdk } from './sdk.ts'

/** Where the built-in policies are: one file each, in the form in which we run ourselves. */
const folder = join(import.meta.dirname, '../../policies')
const extension = extname(import.meta.filename)

/** The built-in default list of rules. */
export const defaultRulesFile = join(folder, 'default.yaml')

/** The names of the built-in policies, in order. */
export async function builtInNames(): Promise<string[]> {
  const files = await readdir(folder)
  return files
    .filter(file => file.endsWith(extension) && !file.endsWith('.d.ts'))
    .map(file => file.slice(0, -extension.length))
    .sort()
}

/** A policy, or why there is none, in words that continue "expected …, found". */
export type Loaded =
  | {
      readonly policy: AnyPolicy
      /** The administrator's files that it is made of: its own first, then what that imports. None for a built-in one. */
      readonly files: readonly string[]
    }
  | NoPolicy

interface NoPolicy {
  readonly expected: string
  readonly found?: string
  /** Where in the code it is, when it is in the code. */
  readonly place?: CodePlace
}

/** Loads a policy by its built-in name, or from a file: a path is relative to the configuration's folder. */
export async function loadPolicy(use: string, base: string): Promise<Loaded> {
  if (isPolicyFile(use)) return loadFile(resolve(base, use))
  const names = await builtInNames()
  if (names.includes(use)) return loadBuiltIn(use)
  const meant = nearest(use, names)
  return { expected: `a built-in policy (${meant ? `perhaps ${meant}` : names.join(', ')}) or the path of a policy file` }
}

/** Whether what stands behind `use:` is the path of a file, and not the name of a built-in policy. */
export function isPolicyFile(use: string): boolean {
  return use.includes('/') || /\.[cm]?[jt]s$/.test(use)
}

/** Those come with a version of Postern, and change with it. */
async function loadBuiltIn(name: string): Promise<Loaded> {
  offerSdk()
  const module: { readonly default?: unknown } = await import(pathToFileURL(join(folder, name + extension)).href)
  return isPolicy(module.default) ? { policy: module.default, files: [] } : { ...noPolicy, found: `none in ${name}` }
}

const noPolicy = { expected: 'a module whose default export is a policy (definePolicy)' } as const

async function loadFile(file: string): Promise<Loaded> {
  offerSdk()
  const found = await stat(file).catch(() => undefined)
  if (!found?.isFile()) return { expected: 'the path of a policy file', found: `no file ${file}` }
  try {
    const module = await importPolicy(file)
    const files = filesBehind(file)
    if (isPolicy(module.default)) return { policy: module.default, files }
    return { ...noPolicy, found: 'none', place: { file, line: 1, column: 1 } }
  } catch (error) {
    const files = filesBehind(file)
    const place = (await placeOf(error, files)) ?? { file, line: 1, column: 1 }
    return { expected: 'a policy file that loads', found: withoutVersion(String(error)), place }
  }
}

/** Errors name modules by the address that they have among ourselves. */
function withoutVersion(text: string): string {
  return text.replaceAll(/\?policies=\d+/g, '')
}

function isPolicy(value: unknown): value is AnyPolicy {
  if (typeof value !== 'object' || value === null) return false
  const { name, phase, options, facts, judge } = value as Partial<AnyPolicy>
  const isComplete = typeof name === 'string' && typeof facts === 'function' && typeof judge === 'function'
  return isComplete && phases.some(known => known === phase) && typeof options?.safeParse === 'function'
}
