import { readdir, stat } from 'node:fs/promises'
import { extname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { phases } from '../engine/phase.ts'
import type { AnyPolicy } from '../engine/policy.ts'
import { nearest } from './nearest.ts'
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
export type Loaded = { readonly policy: AnyPolicy } | { readonly expected: string; readonly found?: string }

/** Loads a policy by its built-in name, or from a file: a path is relative to the configuration's folder. */
export async function loadPolicy(use: string, base: string): Promise<Loaded> {
  if (isPath(use)) return loadFile(resolve(base, use))
  const names = await builtInNames()
  if (names.includes(use)) return loadFile(join(folder, use + extension))
  const meant = nearest(use, names)
  return { expected: `a built-in policy (${meant ? `perhaps ${meant}` : names.join(', ')}) or the path of a policy file` }
}

function isPath(use: string): boolean {
  return use.includes('/') || /\.[cm]?[jt]s$/.test(use)
}

async function loadFile(file: string): Promise<Loaded> {
  offerSdk()
  const changed = await stat(file).catch(() => undefined)
  if (!changed?.isFile()) return { expected: 'the path of a policy file', found: `no file ${file}` }
  try {
    // A policy that was edited since is another module: so a reload takes the new one.
    const module: { readonly default?: unknown } = await import(`${pathToFileURL(file).href}?changed=${changed.mtimeMs}`)
    if (isPolicy(module.default)) return { policy: module.default }
    return { expected: 'a module whose default export is a policy (definePolicy)', found: `none in ${file}` }
  } catch (error) {
    return { expected: 'a policy file that loads', found: `${file}: ${String(error)}` }
  }
}

function isPolicy(value: unknown): value is AnyPolicy {
  if (typeof value !== 'object' || value === null) return false
  const { name, phase, options, facts, judge } = value as Partial<AnyPolicy>
  const isComplete = typeof name === 'string' && typeof facts === 'function' && typeof judge === 'function'
  return isComplete && phases.some(known => known === phase) && typeof options?.safeParse === 'function'
}
