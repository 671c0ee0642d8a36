import { readFileSync } from 'node:fs'
import type { Counts } from './clients.ts'

/** What one minute of load has shown. */
export interface Minute extends Pick<Counts, 'taken' | 'refused' | 'unanswered' | 'slow' | 'garbage'> {
  readonly minute: number
  readonly p50: number
  readonly p99: number
  /** Of the primary process, and of the worker that is never killed, in MiB. */
  readonly primaryMiB: number
  readonly workerMiB: number
}

export function minuteOf(minute: number, { sessionMs, ...counts }: Counts, primary: number, worker: number): Minute {
  const sorted = sessionMs.toSorted((one, other) => one - other)
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0
  return { minute, ...counts, p50: at(0.5), p99: at(0.99), primaryMiB: residentMiB(primary), workerMiB: residentMiB(worker) }
}

function residentMiB(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
}

/** How much a figure grows in an hour, by least squares, from the minute on in which everything was warm. */
export function slopePerHour(minutes: readonly Minute[], figure: (minute: Minute) => number, from = 5): number {
  const points = minutes.filter(({ minute }) => minute > from).map(minute => [minute.minute, figure(minute)] as const)
  const mean = (index: 0 | 1) => points.reduce((sum, point) => sum + point[index], 0) / points.length
  const [meanX, meanY] = [mean(0), mean(1)]
  const above = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0)
  const below = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0)
  return below === 0 ? 0 : (above / below) * 60
}

/** As a table in Markdown. */
export function tableOf(minutes: readonly Minute[]): string {
  const rows = minutes.map(
    ({ minute, taken, refused, slow, garbage, unanswered, p50, p99, primaryMiB, workerMiB }) =>
      `| ${[minute, taken, refused, slow, garbage, unanswered, p50.toFixed(1), p99.toFixed(1), primaryMiB.toFixed(0), workerMiB.toFixed(0)].join(' | ')} |`,
  )
  const head = '| minute | taken | refused | slow | garbage | cut off | p50 ms | p99 ms | primary MiB | worker MiB |'
  return [head, `|${'---|'.repeat(10)}`, ...rows].join('\n')
}
