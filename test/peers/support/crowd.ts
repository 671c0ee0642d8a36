import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

interface CrowdOptions {
  readonly port: number
  readonly connections: number
  /** From so many addresses. */
  readonly addresses: number
}

const program = fileURLToPath(new URL('./crowd-process.ts', import.meta.url))

/** Clients that connect and say nothing, in a process of their own. */
export class Crowd implements AsyncDisposable {
  readonly greeted: number
  readonly refused: number
  readonly failed: number
  readonly #process: ChildProcess

  private constructor(child: ChildProcess, { greeted, refused, failed }: Pick<Crowd, 'greeted' | 'refused' | 'failed'>) {
    this.#process = child
    this.greeted = greeted
    this.refused = refused
    this.failed = failed
  }

  /** Fulfilled when all have heard something, or nothing can be heard any more. */
  static async gather({ port, connections, addresses }: CrowdOptions): Promise<Crowd> {
    const child = spawn(process.execPath, [program, ...[port, connections, addresses].map(String)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    const [heard] = await once(child, 'message', { signal: AbortSignal.timeout(60_000) })
    return new Crowd(child, heard)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill()
    if (this.#process.exitCode === null && this.#process.signalCode === null) await once(this.#process, 'exit')
  }
}

/** So many connections one process may have here: Node has raised the soft limit to the hard one. */
export function mostConnections(): number {
  const limit = execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim()
  return limit === 'unlimited' ? Number.POSITIVE_INFINITY : Number(limit) - 200
}
