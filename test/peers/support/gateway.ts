import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type DnsServer, startDnsServer } from '../../../fixtures/dns-server.ts'
import { freePort } from '../../../fixtures/free-port.ts'
import { GatewayProcess } from '../../../fixtures/gateway-process.ts'
import { goodZone } from '../../functional/gateway.ts'
import { peerFolder, removeFolder } from './folder.ts'

/** What the configuration has to say. */
export interface GatewaySettings {
  /** The next hop of our.example. */
  readonly to: string
  readonly identity?: 'none' | 'xclient' | 'xforward' | 'proxy'
  /** As YAML of one line. */
  readonly rules?: string
  readonly mode?: 'enforce' | 'observe'
  /** Off for suites that change what the DNS says. */
  readonly cache?: 'on' | 'off'
}

const usualRules = '[{ use: reverse-dns }, { use: helo }, { use: sender-domain }, { use: score-limit }]'

/** `postern run` between a client and a next hop that are programs of others. */
export interface PeerGateway {
  /** For clients that say in a PROXY header where they come from. */
  readonly proxied: number
  /** For clients that come from 127.0.0.1. */
  readonly direct: number
  readonly process: GatewayProcess
  readonly dns: DnsServer
  /** The messages in quarantine. */
  quarantine(): Promise<Buffer[]>
  stop(): Promise<void>
}

export async function startGateway(settings: GatewaySettings): Promise<PeerGateway> {
  const { to, identity = 'none', rules = usualRules, mode = 'enforce', cache = 'on' } = settings
  const folder = await peerFolder('gateway')
  const dns = await startDnsServer(goodZone)
  const [proxied, direct] = [await freePort(), await freePort()]
  const configuration = join(folder, 'postern.yaml')
  const text = `hostname: mx.our.example
data: data
mode: ${mode}
dns: { servers: ["${dns.address}"], timeoutMs: 500, cache: ${cache === 'on'} }
listen:
  - { address: "127.0.0.1:${proxied}", proxyProtocol: [127.0.0.1] }
  - { address: "127.0.0.1:${direct}" }
relay: { our.example: { to: "${to}", identity: ${identity} } }
limits: { greetDelayMs: 0, refusalDelayMs: 0, connectionsPerAddress: 100, newPerMinute: 10000, errors: 1000, junkCommands: 1000, refusedRecipients: 1000 }
rules: ${rules}
`
  await writeFile(configuration, text)
  const process = await GatewayProcess.start(configuration, 2)
  return {
    proxied,
    direct,
    process,
    dns,
    quarantine: () => messagesIn(join(folder, 'data/quarantine')),
    stop: async () => {
      await process.stop()
      await dns.close()
      await removeFolder(folder)
    },
  }
}

async function messagesIn(folder: string): Promise<Buffer[]> {
  const names = await readdir(folder, { recursive: true }).catch(() => [])
  return Promise.all(names.filter(name => name.endsWith('.eml')).map(name => readFile(join(folder, name))))
}
