import { parseArgs } from 'node:util'
import { type Cell, cells, quickCells } from './cells.ts'
import type { Peer } from './peer.ts'
import { peers } from './peers.ts'
import { resultsFolder } from './place.ts'

export const usage = `npm run bench -- [options]

  --quick          under two minutes: the most telling loads, few rounds, only what is in this repository
  --cells NAME,…   loads, or groups of them
  --peers NAME,…   systems under test
  --rounds N       how often each load is measured; the medians count
  --seconds S      how long each measurement takes
  --out DIR        where the results go; bench/results unless told
  --write          put the tables into docs/performance.md
  --profile        write CPU profiles, and print where the time went
  --list           name all loads and peers
`

/** What is measured, and how. */
export interface Options {
  readonly cells: readonly Cell[]
  readonly peers: readonly Peer[]
  readonly rounds: number
  readonly seconds: number
  /** No round begins that would probably not be over by then. */
  readonly mostSeconds: number
  /**
   * How many messages each peer takes before it is measured: at least as many as there are known clients. A gateway runs for weeks; V8 goes on
   * compiling what is called once for each message until about twenty thousand have come.
   */
  readonly warmMessages: number
  readonly out: string
  readonly doesWrite: boolean
  readonly doesProfile: boolean
  readonly doesList: boolean
  /** A measurement is repeated as long as others take more than so many cores, but not more often than that. */
  readonly quiet: { readonly cores: number; readonly retries: number }
}

const flags = {
  quick: { type: 'boolean' },
  cells: { type: 'string' },
  peers: { type: 'string' },
  rounds: { type: 'string' },
  seconds: { type: 'string' },
  out: { type: 'string' },
  write: { type: 'boolean' },
  profile: { type: 'boolean' },
  list: { type: 'boolean' },
} as const

/** Reads the command line. Throws with what it cannot make sense of. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({ args: [...args], options: flags })
  const quick = values.quick ?? false
  const all = quick && values.cells === undefined ? quickCells : cells
  return {
    cells: choose(values.cells, all, ({ name, group }) => [name, group]),
    peers: choose(values.peers, peers, ({ name }) => [name]),
    rounds: number('rounds', values.rounds, quick ? 2 : 3),
    seconds: number('seconds', values.seconds, quick ? 0.6 : 2),
    mostSeconds: quick ? 110 : Number.POSITIVE_INFINITY,
    warmMessages: quick ? 1000 : 24_000,
    out: values.out ?? resultsFolder,
    doesWrite: values.write ?? false,
    doesProfile: values.profile ?? false,
    doesList: values.list ?? false,
    quiet: { cores: 0.15, retries: quick ? 0 : 2 },
  }
}

/** Those of a list that are named, in the order of the list. */
function choose<T>(text: string | undefined, all: readonly T[], namesOf: (one: T) => string[]): T[] {
  if (text === undefined) return [...all]
  const wanted = text.split(',')
  const known = new Set(all.flatMap(namesOf))
  const unknown = wanted.filter(name => !known.has(name))
  if (unknown.length > 0) throw new Error(`there is no ${unknown.join(', ')}: --list names what there is`)
  return all.filter(one => namesOf(one).some(name => wanted.includes(name)))
}

function number(name: string, text: string | undefined, usual: number): number {
  const value = text === undefined ? usual : Number(text)
  if (!(value > 0 && value <= 100)) throw new Error(`--${name}: expected a number up to 100, found "${text}"`)
  return value
}
