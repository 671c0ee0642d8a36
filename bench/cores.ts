import { cpus } from 'node:os'
import { has } from './native.ts'

/** Which cores the peer may use and which the load, as taskset writes them; undefined for all. */
export interface Cores {
  readonly peer: string | undefined
  readonly load: string | undefined
  readonly all: string
}

/** The peer gets the first core and generator, sink, name server and this program the second: a rate is one core's. */
export function divideCores(): Cores {
  const all = `0-${cpus().length - 1}`
  const areTwo = cpus().length > 1 && has('taskset')
  return areTwo ? { peer: '0', load: '1', all } : { peer: undefined, load: undefined, all }
}
