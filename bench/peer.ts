import type { Command } from './child.ts'

/** Where one peer runs. */
export interface Place {
  /** Its own folder, empty at the start. */
  readonly folder: string
  readonly port: number
  /** The program of the generator and the sink. */
  readonly native: string
  /** Where it relays to. */
  readonly sinkPort: number
  readonly dns: { readonly address: string; readonly port: number; readonly resolver: string | undefined }
  /** What Node itself is to be told: to write a profile, for example. */
  readonly nodeOptions: readonly string[]
}

/** A system under test. */
export interface Peer {
  readonly name: string
  /** What it is, for the reader of the tables. */
  readonly title: string
  /** The peer whose numbers are the reference for this one's; none for a floor. */
  readonly floor?: string
  /** Learns from a PROXY header who the client is. Without it, all mail comes from 127.0.0.1. */
  readonly proxied?: boolean
  /** Which TLS it speaks. */
  readonly tls?: 'implicit' | 'start'
  /** Keeps what it takes, so that nothing reaches the sink. */
  readonly keeps?: boolean
  /** Where its log goes: to nowhere instead of a file. */
  readonly silent?: boolean
  /** Why it cannot run here. */
  missing?(): string | undefined
  command(place: Place): Command
}
