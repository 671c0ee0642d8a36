import { lookup } from 'node:dns/promises'
import { createRequire } from 'node:module'
import { getSystemErrorName } from 'node:util'
import { formatEndpoint } from '../../config/endpoint.ts'
import type { Configuration } from '../../config/load.ts'
import type { Checked } from '../../config/problem.ts'
import { listenProblem, placeIn } from '../listen.ts'

/** A TCP socket of Node's own kind. Numbers that its methods return are error numbers of the system, 0 for none. */
export interface ListeningSocket {
  getsockname(out: { port?: number }): number
  close(): void
}

/** What node:cluster makes its shared sockets with; no documented function binds a socket without accepting from it. */
type CreateHandle = (address: string, port: number, family: 4 | 6) => ListeningSocket | number
const createHandle: CreateHandle = createRequire(import.meta.url)('node:net')._createServerHandle

interface Bound {
  readonly socket: ListeningSocket
  /** As it turned out. */
  readonly port: number
}

/**
 * The sockets that all workers accept from. The primary binds them and keeps them open, and never accepts: so connections wait
 * in the one queue of the socket while workers come and go, even when none is there.
 */
export class ListeningSockets {
  /** By the address as it is configured. */
  readonly #held = new Map<string, Bound>()

  /** Opens what is not open yet, all or nothing. What is open and no longer wanted stays until `keep`. */
  async open(configuration: Configuration): Promise<Checked<undefined>> {
    const fresh: string[] = []
    for (const { address, key } of keyed(configuration)) {
      if (this.#held.has(key)) continue
      try {
        this.#held.set(key, await bind(address))
        fresh.push(key)
      } catch (error) {
        for (const key of fresh) this.#close(key)
        return { problems: [listenProblem(configuration.document, error, placeIn(configuration))] }
      }
    }
    return { value: undefined }
  }

  /** Those of a configuration, in the order of its `listen:`. They are open. */
  of(configuration: Pick<Configuration, 'listen'>) {
    return keyed(configuration).flatMap(({ address, as, key }) => {
      const bound = this.#held.get(key)
      return bound ? { ...bound, address: address.host, as } : []
    })
  }

  /** Closes all but those of this configuration: who comes now is refused. */
  keep(configuration: Pick<Configuration, 'listen'>): void {
    const wanted = new Set(keyed(configuration).map(({ key }) => key))
    for (const key of this.#held.keys()) if (!wanted.has(key)) this.#close(key)
  }

  close(): void {
    this.keep({ listen: [] })
  }

  #close(key: string): void {
    this.#held.get(key)?.socket.close()
    this.#held.delete(key)
  }
}

async function bind({ host, port }: { readonly host: string; readonly port: number }): Promise<Bound> {
  const { address, family } = await lookup(host)
  const socket = createHandle(address, port, family === 6 ? 6 : 4)
  if (typeof socket === 'number') throw failure(socket, host, port)
  const name: { port?: number } = {}
  // An address that is taken shows here, not before (libuv keeps the error of bind until it is asked).
  const trouble = socket.getsockname(name)
  if (trouble === 0) return { socket, port: name.port ?? port }
  socket.close()
  throw failure(trouble, host, port)
}

/** As `listen` of node:net would have failed. */
function failure(number: number, address: string, port: number): Error {
  return Object.assign(new Error(getSystemErrorName(number)), { code: getSystemErrorName(number), address, port })
}

/** What is listened on, each by its address as it is configured; port 0, any that is free, may stand there more than once. */
function keyed({ listen }: Pick<Configuration, 'listen'>) {
  const seen = new Map<string, number>()
  return listen.map(({ address, as }) => {
    const endpoint = formatEndpoint(address)
    const count = (seen.get(endpoint) ?? 0) + 1
    seen.set(endpoint, count)
    return { address, as, key: `${endpoint} ${count}` }
  })
}
