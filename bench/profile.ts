import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { top } from './place.ts'
import { table } from './table.ts'

const rows = 25

/** What V8 writes with --cpu-prof, as far as it is read here. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
  }[]
  /** Which node was running, and how many microseconds it had been since the sample before. */
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

/** Milliseconds by what was running: functions themselves, without those that they call. */
export interface SelfTimes {
  readonly busy: number
  readonly byPackage: ReadonlyMap<string, number>
  readonly byFile: ReadonlyMap<string, number>
  readonly byFunction: ReadonlyMap<string, number>
}

/** Adds up who was running. Time in which nothing was is left out. */
export function selfTimes({ nodes, samples, timeDeltas }: CpuProfile): SelfTimes {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]))
  const times = { byPackage: new Map<string, number>(), byFile: new Map<string, number>(), byFunction: new Map<string, number>() }
  const add = (map: Map<string, number>, name: string, ms: number) => map.set(name, (map.get(name) ?? 0) + ms)
  let busy = 0
  for (const [at, id] of samples.entries()) {
    const frame = frames.get(id)
    const ms = (timeDeltas[at] ?? 0) / 1000
    if (!frame || frame.functionName === '(idle)') continue
    const file = fileOf(frame.url) || (frame.functionName.startsWith('(') ? frame.functionName : '(native)')
    busy += ms
    add(times.byPackage, packageOf(file), ms)
    add(times.byFile, file, ms)
    add(times.byFunction, `${frame.functionName || '(anonymous)'} ${file}:${frame.lineNumber + 1}`, ms)
  }
  return { busy, ...times }
}

/** From the top of the repository, or of node_modules. */
function fileOf(url: string): string {
  return url
    .replace('file://', '')
    .replace(/^.*\/node_modules\//, 'node_modules/')
    .replace(`${top}/`, '')
}

function packageOf(file: string): string {
  const [, name] = /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file) ?? []
  return name ?? /^(?:src\/)?[\w-]+(?=\/)/.exec(file)?.[0] ?? file
}

/** The tables of all profiles in a folder, which has one folder for each peer. */
export function describeProfiles(folder: string): string {
  const peers = existsSync(folder) ? readdirSync(folder) : []
  return peers
    .flatMap(peer => readdirSync(join(folder, peer)).map(name => [peer, join(folder, peer, name)] as const))
    .map(([peer, file]) => describe(peer, selfTimes(JSON.parse(readFileSync(file, 'utf8')))))
    .join('\n\n')
}

function describe(peer: string, { busy, byPackage, byFile, byFunction }: SelfTimes): string {
  const most = (head: string, map: ReadonlyMap<string, number>) =>
    table(
      [
        { head, of: ([name]) => name },
        { head: '% of the time', of: ([, ms]) => ((100 * ms) / busy).toFixed(1) },
      ],
      [...map].toSorted(([, a], [, b]) => b - a).slice(0, rows),
    )
  const tables = [most('package or folder', byPackage), most('file', byFile), most('function', byFunction)]
  return [`## ${peer}: busy for ${(busy / 1000).toFixed(1)} s`, ...tables].join('\n\n')
}
