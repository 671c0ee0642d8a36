import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { top } from './place.ts'

/** Where and of what the numbers are. */
export interface Machine {
  readonly processor: string
  readonly cores: number
  readonly memoryGiB: number
  readonly system: string
  readonly node: string
  /** Of this repository; with `+` when there are changes that no commit has. */
  readonly commit: string
}

/** Describes the machine that this runs on. */
export function describeMachine(): Machine {
  const [, name] = /^PRETTY_NAME="(.*)"$/m.exec(readFileSync('/etc/os-release', 'utf8')) ?? []
  return {
    processor: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${name ?? 'Linux'}, kernel ${release()}`,
    node: process.version,
    commit: commit(),
  }
}

function commit(): string {
  try {
    const git = (...args: string[]) =>
      execFileSync('git', args, { cwd: top, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
    return git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', 'src', 'policies') ? '+' : '')
  } catch {
    return 'unknown' // not a work tree
  }
}
