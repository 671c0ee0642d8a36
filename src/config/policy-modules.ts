import { statSync } from 'node:fs'
import type { ResolveFnOutput } from 'node:module'
import { extname, join, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { inTime } from '../engine/deadline.ts'

const top = join(import.meta.dirname, '../..')
/** What changes only with a new version of Postern. */
const ours = [join(top, 'src'), join(top, 'policies')]
const local = join(top, 'policies/local')

const key = 'policies'
const isVersioned = new RegExp(`\\?${key}=\\d+$`)

/** How long the top level of a policy's modules may take: one that waits for ever must not keep us from starting. */
const loadMs = 10_000

/** The administrator's modules as they stood at one time. */
interface Version {
  readonly number: number
  /** What each file was like when it was loaded; `none` when it was looked for and is not there. */
  readonly stamps: Map<string, string>
  /** What each file imports of the administrator's. */
  readonly imports: Map<string, Set<string>>
  /** Node keeps a module that did not load, and would say the same again. */
  hasFailed: boolean
}

let current: Version = newVersion(0)

/**
 * Loads a policy file of the administrator's. When any of their files has changed since the last time, all are loaded anew
 * under another version, so that policies which share a file go on sharing it. Node never lets go of a module, so the former
 * ones stay in memory, about 16 KB for each small file: a thousand changes of a policy with one import were measured as 32 MB
 * in each process. New processes (SIGUSR2) begin without.
 */
export async function importPolicy(file: string): Promise<{ readonly default?: unknown }> {
  if (current.hasFailed || [...current.stamps].some(([file, stamp]) => stampOf(file) !== stamp)) {
    current = newVersion(current.number + 1)
  }
  const version = current
  note(version, file)
  try {
    return await inTime('loading it', loadMs, import(urlOf(file, version.number)))
  } catch (error) {
    version.hasFailed = true
    throw error
  }
}

/** A policy file and what it imports of the administrator's, directly or not: as far as it was loaded. */
export function filesBehind(file: string): string[] {
  const files = new Set([file])
  // A set goes on with what is added while it is walked through.
  for (const each of files) for (const imported of current.imports.get(each) ?? []) files.add(imported)
  return [...files]
}

/** All files that the policies loaded last have asked for, there or not: a change to one may mend what is broken. */
export function policyFilesSeen(): string[] {
  return [...current.stamps.keys()]
}

/** Resolves what a module imports: for the administrator's modules, into modules of the same version. */
export function versioned(parent: string | undefined, specifier: string, resolve: () => ResolveFnOutput): ResolveFnOutput {
  const version = parent === undefined ? undefined : isVersioned.exec(parent)?.[0]
  if (parent === undefined || version === undefined) return withFormat(resolve())
  const importer = fileURLToPath(parent.slice(0, -version.length))
  const isCurrent = version === `?${key}=${current.number}`
  try {
    const found = resolve()
    if (!isTheirs(found.url)) return found
    if (isCurrent) note(current, fileURLToPath(found.url), importer)
    return withFormat({ ...found, url: `${found.url}${version}` })
  } catch (error) {
    // It may come into being: then it is a change.
    if (isCurrent && specifier.startsWith('.')) note(current, fileURLToPath(new URL(specifier, parent)), importer)
    throw error
  }
}

/** Where no package.json says what a file is, Node would have to guess, and warn: the administrator's are modules. */
function withFormat(found: ResolveFnOutput): ResolveFnOutput {
  const url = found.url.replace(isVersioned, '')
  if (!isTheirs(url)) return found
  const extension = extname(new URL(url).pathname)
  if (extension === '.ts') return { ...found, format: 'module-typescript' }
  return extension === '.js' ? { ...found, format: 'module' } : found
}

function isTheirs(url: string): boolean {
  if (!url.startsWith('file:') || url.includes('?')) return false
  const file = fileURLToPath(url)
  if (file.includes(`${sep}node_modules${sep}`)) return false
  return isIn(local, file) || !ours.some(folder => isIn(folder, file))
}

function isIn(folder: string, file: string): boolean {
  return file.startsWith(folder + sep)
}

function newVersion(number: number): Version {
  return { number, stamps: new Map(), imports: new Map(), hasFailed: false }
}

function note(version: Version, file: string, importer?: string): void {
  if (!version.stamps.has(file)) version.stamps.set(file, stampOf(file))
  if (importer === undefined) return
  const imports = version.imports.get(importer) ?? new Set()
  version.imports.set(importer, imports.add(file))
}

function stampOf(file: string): string {
  const found = statSync(file, { throwIfNoEntry: false })
  return found ? `${found.ino} ${found.size} ${found.mtimeMs} ${found.ctimeMs}` : 'none'
}

function urlOf(file: string, version: number): string {
  return `${pathToFileURL(file).href}?${key}=${version}`
}
