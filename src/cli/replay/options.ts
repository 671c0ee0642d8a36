import { availableParallelism } from 'node:os'
import { failures } from '../../replay/difference.ts'
import { parseMoment } from '../moment.ts'

/** What stands on the command line of `postern replay`. */
export interface ReplayOptions {
  readonly config?: string
  readonly against?: string
  readonly journal?: string
  readonly since?: string
  readonly until?: string
  readonly warmUp: string
  readonly limit: string
  readonly threads?: string
  readonly failOn?: string
  readonly json?: true
  readonly eml?: string
  readonly record?: string
}

/** The same, read. */
export interface ReplaySettings {
  readonly since?: Date
  readonly until: Date
  readonly warmUpMs: number
  readonly samples: number
  readonly threads: number
  readonly failOn: readonly string[]
}

const mostSamples = 1000
const mostThreads = 64

/** Reads the options; or says what is wrong with them. */
export function readOptions(options: ReplayOptions, now: Date): ReplaySettings | string {
  const since = options.since === undefined ? undefined : parseMoment(options.since, now)
  const until = options.until === undefined ? now : parseMoment(options.until, now)
  const warmUpMs = /^\d+[smhdw]$/.test(options.warmUp) ? lengthOf(options.warmUp, now) : undefined
  const samples = readCount(options.limit, 0, mostSamples)
  const threads = options.threads === undefined ? availableParallelism() : readCount(options.threads, 1, mostThreads)
  const failOn = options.failOn?.split(',') ?? []
  const unknown = failOn.find(name => !failures.includes(name))
  if (options.since !== undefined && !since) return `--since: ${moment(options.since)}`
  if (!until) return `--until: ${moment(options.until)}`
  if (warmUpMs === undefined) return `--warm-up: expected a time such as 7d, or 0s, found "${options.warmUp}"`
  if (samples === undefined) return `--limit: expected a number from 0 to ${mostSamples}, found "${options.limit}"`
  if (threads === undefined) return `--threads: expected a number from 1 to ${mostThreads}, found "${options.threads}"`
  if (options.record !== undefined && options.eml === undefined) return '--record: expected --eml with it, found none'
  if (options.eml !== undefined && failOn.length > 0) return '--fail-on: expected recorded mail to compare with, found --eml'
  if (unknown !== undefined) return `--fail-on: expected one of ${failures.join(', ')}, found "${unknown}"`
  return { ...(since && { since }), until, warmUpMs, samples, threads, failOn }
}

/** Of a time such as `7d`, in milliseconds. */
function lengthOf(text: string, now: Date): number | undefined {
  const ago = parseMoment(text, now)
  return ago && now.getTime() - ago.getTime()
}

function moment(found: string | undefined): string {
  return `expected a time such as 30d or 12h, or a moment such as 2026-11-24T08:00:00Z, found "${found}"`
}

function readCount(text: string, least: number, most: number): number | undefined {
  const number = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN
  return number >= least && number <= most ? number : undefined
}
