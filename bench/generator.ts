import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import type { LoadCell } from './cells.ts'
import type { Running } from './running.ts'
import type { Surroundings } from './surroundings.ts'
import { clients } from './zone.ts'

/** Times in milliseconds. */
export interface Times {
  readonly mean: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly most: number
}

/** What the generator says when it has ended: native/load.c. */
export interface Outcome {
  /** That have come out as expected: accepted, or refused. */
  readonly messages: number
  readonly seconds: number
  readonly rate: number
  /** Octets of the body of one message. */
  readonly bodyBytes: number
  readonly numbers: number
  readonly squares: number
  readonly errors: number
  readonly unfinished: number
  readonly connections: number
  readonly notBegun?: number
  readonly latency: Times | null
  readonly cpu: number
  /** The first few errors. */
  readonly samples: readonly string[]
}

/** How long and how much at most. */
export interface Bounds {
  readonly seconds: number
  readonly messages?: number
}

/** Clients that have not been seen yet: each sample takes new ones. */
let newClients = 0

/** Loads a peer once. */
export async function generate(cell: LoadCell, { peer, port }: Running, around: Surroundings, bounds: Bounds): Promise<Outcome> {
  const outcome = await run(
    around,
    'load',
    [
      ...['-p', port, '-c', cell.connections, '-k', cell.perConnection, '-f', around.fixtures.messages[cell.size]],
      ...['-t', bounds.seconds, ...(bounds.messages === undefined ? [] : ['-n', bounds.messages])],
      ...(cell.rate === undefined ? [] : ['-R', cell.rate]),
      ...(cell.isRefused ? ['-e'] : []),
      ...(peer.tls === undefined ? [] : ['-s', peer.tls]),
      ...(peer.proxied ? clientOptions(cell) : []),
    ],
    { isPinned: !cell.sharesCores },
  )
  if (cell.clients === 'new') newClients += outcome.connections
  return outcome
}

function clientOptions({ clients: group }: LoadCell): readonly (string | number)[] {
  const { first, count } = clients[group]
  return ['-x', first, '-X', count, '-O', group === 'new' ? newClients : 0]
}

/** Holds connections that say nothing; tells when all are open. */
export async function hold(
  connections: number,
  { peer, port }: Running,
  around: Surroundings,
  { seconds, onHeld }: { readonly seconds: number; readonly onHeld: () => void },
): Promise<Outcome> {
  const { first, count } = clients.known
  const who = peer.proxied ? ['-x', first, '-X', count] : []
  return run(around, 'idle', ['-p', port, '-c', connections, '-t', seconds, ...who], { isPinned: true, onHeld })
}

async function run(
  { native, cores }: Surroundings,
  mode: 'load' | 'idle',
  options: readonly (string | number)[],
  { isPinned, onHeld }: { readonly isPinned: boolean; readonly onHeld?: () => void },
): Promise<Outcome> {
  const pinning = isPinned && cores.load !== undefined ? ['taskset', '-c', cores.load] : []
  const [file = '', ...args] = [...pinning, native.file, mode, ...options.map(String)]
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  if (onHeld) child.stderr.once('data', onHeld)
  const [output, complaint] = await Promise.all([text(child.stdout), text(child.stderr)])
  if (!output.startsWith('{')) throw new Error(`the generator has failed: ${complaint.trim() || 'no output'}`)
  return JSON.parse(output)
}
