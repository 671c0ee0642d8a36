import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Child } from './child.ts'
import type { Peer } from './peer.ts'
import { freePorts } from './ports.ts'
import type { Surroundings } from './surroundings.ts'

/** How much of what it has said is shown when a peer does not start, in characters. */
const lastWords = 1000

/** How a peer is started. */
export interface StartOptions {
  /** The folder that takes CPU profiles; without it, none are written. */
  readonly profiles?: string
}

/** A peer that is running. */
export interface Running {
  readonly peer: Peer
  readonly child: Child
  readonly port: number
  /** When its known clients were last seen, by performance.now(). */
  warmedAt: number
}

/** Starts a peer in a folder of its own, and waits until it listens. Throws with where its output stands. */
export async function startPeer(peer: Peer, surroundings: Surroundings, { profiles }: StartOptions = {}): Promise<Running> {
  const { place, cores } = surroundings
  const folder = join(surroundings.folder, peer.name)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder)
  const port = await freePorts()
  const nodeOptions = profiles === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${join(profiles, peer.name)}`]
  const output = join(surroundings.folder, `${peer.name}.log`)
  rmSync(output, { force: true })
  const command = peer.command({ ...place, folder, port, nodeOptions })
  const child = Child.start(command, { cores: cores.peer, output: peer.silent ? '/dev/null' : output })
  try {
    await child.listening(port)
  } catch (error) {
    await child.stop()
    const said = peer.silent ? '' : readFileSync(output, 'utf8').slice(-lastWords)
    throw new Error(`${peer.name} does not start:\n${said}`, { cause: error })
  }
  return { peer, child, port, warmedAt: Number.NEGATIVE_INFINITY }
}
