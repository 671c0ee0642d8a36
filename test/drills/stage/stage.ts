import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type NextHop, type NextHopOptions, startNextHop } from '../../../fixtures/next-hop.ts'
import { peerFolder, removeFolder } from '../../peers/support/folder.ts'
import { type Copy, Ledger, type Place } from './ledger.ts'
import { Postern, type PosternOptions } from './postern.ts'

/** What a configuration says, where a drill does not want the usual. */
export interface Settings {
  /** Tells it from others on the same stage. */
  readonly name?: string
  readonly port?: number
  /** Whether clients name their addresses by PROXY headers. */
  readonly proxied?: boolean
  readonly relay: Readonly<Record<string, object>>
  readonly data?: string
  readonly workers?: number
  /** `default` for the default set; without it, no rules. */
  readonly rules?: readonly object[] | 'default'
  readonly dns?: object
  readonly tls?: object
  readonly limits?: object
}

const generous = {
  greetDelayMs: 0,
  refusalDelayMs: 0,
  connectionsPerAddress: 1000,
  connectionsPerNetwork: 1000,
  newPerMinute: 100_000,
}

/** All that one drill has opened: closed again behind it, whatever happens. */
export class Stage {
  readonly folder: string
  readonly #closers: (() => unknown)[] = []

  private constructor(folder: string) {
    this.folder = folder
    this.later(() => removeFolder(folder))
  }

  static async open(name: string): Promise<Stage> {
    return new Stage(await peerFolder(`drill-${name}`))
  }

  /** Does this at the end; what was asked for last comes first. */
  later(close: () => unknown): void {
    this.#closers.unshift(close)
  }

  async close(): Promise<void> {
    for (const close of this.#closers) await close()
  }

  path(name: string): string {
    return join(this.folder, name)
  }

  configuration(name = 'postern'): string {
    return this.path(`${name}.yaml`)
  }

  /** Writes the configuration: JSON is YAML. */
  async configure(settings: Settings): Promise<void> {
    const { name, port = 0, proxied = false, relay, rules = [], limits, data = 'data', workers = 1, dns, tls } = settings
    const configuration = {
      hostname: 'mx.example.org',
      data,
      workers,
      listen: [{ address: `127.0.0.1:${port}`, ...(proxied && { proxyProtocol: ['127.0.0.1'] }) }],
      relay,
      limits: { ...generous, ...limits },
      ...(rules !== 'default' && { rules }),
      ...(dns && { dns }),
      ...(tls && { tls }),
    }
    await writeFile(this.configuration(name), JSON.stringify(configuration, undefined, 2))
  }

  /** Starts Postern as it is configured, without waiting for it. */
  spawn(options: PosternOptions = {}, name?: string): Postern {
    const postern = new Postern(this.configuration(name), options)
    this.later(() => postern.kill())
    return postern
  }

  /** Configures and starts Postern, and waits until it listens. */
  async postern(settings: Settings, options: PosternOptions = {}): Promise<{ readonly postern: Postern; readonly port: number }> {
    await this.configure(settings)
    const postern = this.spawn(options, settings.name)
    return { postern, port: await postern.port() }
  }

  async hop(options: NextHopOptions = {}): Promise<NextHop> {
    const hop = await startNextHop(options)
    this.later(() => hop.close())
    return hop
  }

  ledger(...places: readonly Place[]): Ledger {
    return new Ledger(places)
  }

  /** What waits in quarantine below a data folder. */
  quarantine(data = this.path('data')): Place {
    return { name: 'quarantine', copies: () => copiesBelow(join(data, 'quarantine')) }
  }

  async folderNamed(name: string): Promise<string> {
    await mkdir(this.path(name), { recursive: true })
    return this.path(name)
  }
}

/** What a next hop has said yes to. */
export function at(...hops: readonly NextHop[]): Place {
  return { name: 'next hop', copies: async () => hops.flatMap(({ messages }) => messages.map(({ content }) => copyOf(content))) }
}

/** What is in a Maildir, and complete. */
export function inMaildir(folder: string): Place {
  return { name: 'Maildir', copies: () => copiesBelow(join(folder, 'new')) }
}

export async function copiesBelow(folder: string): Promise<Copy[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  const files = entries.filter(entry => entry.isFile() && !entry.name.endsWith('.json') && !/\/\.[^/]*$/.test(entry.parentPath))
  return Promise.all(files.map(async ({ parentPath, name }) => copyOf(await readFile(join(parentPath, name)))))
}

function copyOf(content: Buffer): Copy {
  const text = content.toString('latin1')
  const id = /^Subject: (\S+)/m.exec(text)?.[1] ?? 'unknown'
  return { id, isWhole: text.trimEnd().endsWith(`end of ${id}`) }
}
