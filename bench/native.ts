import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const sources = join(import.meta.dirname, 'native')

/** The generator, the sink and the name server: one program. */
export interface Native {
  readonly file: string
  /** Whether it can speak TLS: that needs the headers of OpenSSL. */
  readonly hasTls: boolean
}

/** Whether a program is installed. */
export function has(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0
}

/** Compiles it into a folder, unless these very sources have been. Throws with what is missing. */
export function buildNative(folder: string): Native {
  if (!has('cc')) throw new Error('there is no C compiler: install `cc` (Debian: apt-get install gcc libc6-dev libssl-dev)')
  mkdirSync(folder, { recursive: true })
  const names = readdirSync(sources).filter(name => name.endsWith('.c'))
  const hash = createHash('sha256')
  for (const name of readdirSync(sources).sort()) hash.update(readFileSync(join(sources, name)))
  const file = join(folder, `bench-${hash.digest('hex').slice(0, 12)}`)
  if (!existsSync(file)) compile(names, file)
  return { file, hasTls: execFileSync(file, ['features'], { encoding: 'utf8' }).includes('tls') }
}

function compile(names: readonly string[], file: string): void {
  const plain = ['-O2', '-Wall', '-o', file, ...names, '-lm']
  const withTls = spawnSync('cc', ['-DWITH_TLS', ...plain, '-lssl', '-lcrypto'], { cwd: sources })
  if (withTls.status !== 0) execFileSync('cc', plain, { cwd: sources, stdio: ['ignore', 'ignore', 'inherit'] })
}
