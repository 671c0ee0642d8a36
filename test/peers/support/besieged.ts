import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Limits } from '../../../src/smtp/limits.ts'
import type { SmtpServer } from '../../../src/smtp/smtp-server.ts'

/** What an edge says of itself, when all garbage has been collected. */
export interface State {
  readonly counts: SmtpServer['counts']
  /** How often each limit was reached. */
  readonly limits: Readonly<Record<string, number>>
  readonly heapBytes: number
  readonly rssBytes: number
  /** Open file descriptors, sockets included. */
  readonly descriptors: number
  /** What keeps the event loop busy, by kind. */
  readonly resources: Readonly<Record<string, number>>
  readonly errors: readonly string[]
}

export interface BesiegedOptions {
  readonly limits: Partial<Limits>
  /** More options for Node. */
  readonly node?: readonly string[]
}

const program = fileURLToPath(new URL('./besieged-process.ts', import.meta.url))

/** An edge in a process of its own, which is attacked and looked at. */
export class Besieged implements AsyncDisposable {
  /** For clients in clear, for TLS from the first byte on, and behind a PROXY header. */
  readonly ports: { readonly clear: number; readonly tls: number; readonly proxied: number }
  readonly #process: ChildProcess

  private constructor(child: ChildProcess, [clear = 0, tls = 0, proxied = 0]: readonly number[]) {
    this.#process = child
    this.ports = { clear, tls, proxied }
  }

  static async start({ limits, node = [] }: BesiegedOptions): Promise<Besieged> {
    const child = spawn(process.execPath, ['--expose-gc', ...node, program, JSON.stringify(limits)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    const [ports] = await once(child, 'message')
    return new Besieged(child, ports)
  }

  async state(): Promise<State> {
    this.#process.send('state')
    const [state] = await once(this.#process, 'message', { signal: AbortSignal.timeout(30_000) })
    return state
  }

  /** Waits until nobody is connected and nothing is left open; fails after some time. */
  async quiet(before: State): Promise<State> {
    const until = performance.now() + 10_000
    for (;;) {
      const state = await this.state()
      if (state.counts.open === 0 && state.descriptors <= before.descriptors && isCalm(state, before)) return state
      if (performance.now() > until) throw new Error(`not quiet: ${JSON.stringify({ before, state })}`)
      await new Promise(resolve => setTimeout(resolve, 50))
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill()
    if (this.#process.exitCode === null) await once(this.#process, 'exit')
  }
}

function isCalm({ resources }: State, before: State): boolean {
  return Object.entries(resources).every(([kind, count]) => count <= (before.resources[kind] ?? 0))
}
