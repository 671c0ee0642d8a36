import { type Size, sizes } from './message.ts'
import type { Clients } from './zone.ts'

/** A load, and which peers bear it. */
export interface LoadCell {
  readonly kind: 'load'
  readonly name: string
  /** The table that it stands in. */
  readonly group: string
  readonly title: string
  readonly peers: readonly string[]
  readonly size: Size
  readonly connections: number
  /** Messages on one connection; 0 for as many as fit. */
  readonly perConnection: number
  /** Messages a second in an open loop: they come whether the last has been answered or not. */
  readonly rate?: number
  readonly clients: Clients
  /** Whether mail is to be refused. */
  readonly isRefused?: boolean
  /** The peer is started anew, so that its memory is that of this load. */
  readonly isFresh?: boolean
  /** Peers, generator, sink and name server share all cores; without it, the peer has one and the others have one. */
  readonly sharesCores?: boolean
}

/** Connections that say nothing: what each of them takes. */
export interface IdleCell {
  readonly kind: 'idle'
  readonly name: string
  readonly group: string
  readonly title: string
  readonly peers: readonly string[]
  readonly connections: number
}

export type Cell = LoadCell | IdleCell

const relays = ['node-min-relay', 'postern-relay', 'haraka-fwd', 'postfix-proxy']
const judges = ['node-min-policy', 'postern-policy', 'postern-default', 'haraka-policy']

const usual = { kind: 'load', size: '4k', connections: 50, perConnection: 1, clients: 'known' } as const

// Every size with every number of connections, with one message a connection and with as many as fit.
const throughput = Object.keys(sizes).flatMap(size =>
  [1, 10, 50, 200].flatMap(connections =>
    [1, 0].map(perConnection => ({
      ...usual,
      name: `${size}-c${connections}${perConnection === 0 ? '-many' : ''}`,
      group: 'throughput',
      title: `${size}, ${connections} connection${connections > 1 ? 's' : ''}, ${perConnection === 0 ? 'many messages' : '1 message'} each`,
      peers: [...relays, ...judges],
      size: size as Size, // the keys are those of `sizes`
      connections,
      perConnection,
    })),
  ),
)

/** All loads, in the order in which they are measured. */
export const cells: readonly Cell[] = [
  ...throughput,
  {
    ...usual,
    name: 'latency',
    group: 'latency',
    title: '4k, 200 messages a second come, whatever the peer does',
    peers: ['direct', ...relays, ...judges],
    connections: 500,
    rate: 200,
  },
  {
    ...usual,
    name: 'refused-one',
    group: 'refused',
    title: 'one client in three blocklists, refused at RCPT or before',
    peers: ['node-min-policy', 'postern-policy', 'haraka-policy'],
    clients: 'listed-one',
    isRefused: true,
  },
  {
    ...usual,
    name: 'refused-many',
    group: 'refused',
    title: '1000 clients in three blocklists, refused at RCPT or before',
    peers: ['node-min-policy', 'postern-policy', 'haraka-policy'],
    clients: 'listed',
    isRefused: true,
  },
  {
    ...usual,
    name: 'tls-one',
    group: 'tls',
    title: '4k, 50 connections, 1 message and one whole handshake each',
    peers: ['node-min-relay', 'node-min-relay-tls', 'postern-relay', 'postern-relay-tls', 'postern-relay-starttls'],
  },
  {
    ...usual,
    name: 'tls-many',
    group: 'tls',
    title: '4k, 50 connections, many messages each',
    peers: ['node-min-relay-tls', 'postern-relay-tls', 'postern-relay-starttls'],
    perConnection: 0,
  },
  {
    ...usual,
    name: 'dns-warm',
    group: 'dns',
    title: '4k, 50 connections, 1000 clients that have been here before',
    peers: judges,
  },
  {
    ...usual,
    name: 'dns-cold',
    group: 'dns',
    title: '4k, 50 connections, each from a client never seen',
    peers: judges,
    clients: 'new',
  },
  {
    ...usual,
    name: 'log',
    group: 'log',
    title: '4k, 50 connections',
    peers: ['node-min-policy', 'postern-policy', 'postern-policy-silent'],
  },
  {
    ...usual,
    name: 'journal',
    group: 'log',
    title: '4k, 50 connections, with and without the journal',
    peers: ['postern-default', 'postern-default-unrecorded'],
  },
  {
    ...usual,
    name: 'workers',
    group: 'workers',
    title: '4k, 50 connections, all cores shared with the load',
    peers: ['node-min-relay', 'postern-relay', 'postern-relay-2', 'node-min-policy', 'postern-policy', 'postern-policy-2'],
    sharesCores: true,
  },
  {
    ...usual,
    name: 'flight',
    group: 'memory',
    title: '200 messages of 1m at a time',
    peers: [...relays, ...judges],
    size: '1m',
    connections: 200,
    isFresh: true,
  },
  {
    kind: 'idle',
    name: 'idle',
    group: 'idle',
    title: '10,000 connections that have said EHLO',
    peers: ['node-min-relay', 'postern-relay', 'postern-policy', 'postern-default', 'haraka-fwd'],
    connections: 10_000,
  },
]

const few = ['node-min-relay', 'node-min-policy', 'postern-relay', 'postern-policy', 'postern-default']

/** What `--quick` measures, and of which peers. */
const quick: Readonly<Record<string, readonly string[]>> = {
  '4k-c50': few,
  '4k-c50-many': few,
  '1m-c10': few,
  latency: ['direct', ...few],
  'refused-many': ['node-min-policy', 'postern-policy'],
  'tls-one': ['node-min-relay-tls', 'postern-relay-tls'],
  'dns-cold': ['node-min-policy', 'postern-policy', 'postern-default'],
  workers: ['postern-relay', 'postern-relay-2', 'postern-policy', 'postern-policy-2'],
  flight: ['node-min-relay', 'postern-relay', 'postern-policy'],
  idle: ['node-min-relay', 'postern-relay', 'postern-policy'],
}

/** The loads of `--quick`. */
export const quickCells: readonly Cell[] = cells.flatMap(cell => {
  const peers = quick[cell.name]
  return peers ? [{ ...cell, peers }] : []
})
