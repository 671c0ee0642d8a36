/**
 * `npm pack` runs this before and after. The repository runs its TypeScript as it is, but Node strips no types below
 * `node_modules`: the tarball holds JavaScript, in `dist/`, and a package.json whose entries point there. Turning the
 * entries round is its own reverse, so nothing is lost when a pack is interrupted: the next one, or `--restore`, mends it.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const top = join(import.meta.dirname, '..')
const manifest = join(top, 'package.json')

turn(toSource)
if (!process.argv.includes('--restore')) {
  build()
  turn(toBuilt)
}

function build(): void {
  rmSync(join(top, 'dist'), { recursive: true, force: true })
  execFileSync(join(top, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.build.json'], { cwd: top, stdio: ['ignore', 2, 2] })
  for (const folder of ['src', 'policies']) copyOtherFiles(folder)
}

/** What is not code but is read by it: rules in YAML, for example. */
function copyOtherFiles(folder: string): void {
  const filter = (path: string) => !path.endsWith('.ts') && path !== join(top, 'policies/local')
  cpSync(join(top, folder), join(top, 'dist', folder), { recursive: true, filter })
}

/** Rewrites the places in package.json that name code: the command, and what may be imported. */
function turn(entry: (path: string) => string): void {
  const before = readFileSync(manifest, 'utf8')
  const content: Record<string, unknown> = JSON.parse(before)
  for (const key of ['bin', 'exports']) content[key] = mapValues(content[key], entry)
  const after = `${JSON.stringify(content, null, 2)}\n`
  if (after !== before) writeFileSync(manifest, after)
}

function mapValues(value: unknown, entry: (path: string) => string): unknown {
  if (typeof value === 'string') return entry(value)
  return Object.fromEntries(Object.entries(value ?? {}).map(([key, inner]) => [key, mapValues(inner, entry)]))
}

function toBuilt(path: string): string {
  return path.replace(/^\.\/(.*)\.ts$/, './dist/$1.js')
}

function toSource(path: string): string {
  return path.replace(/^\.\/dist\/(.*)\.js$/, './$1.ts')
}
