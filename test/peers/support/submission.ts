import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { accountsText, cheapAccount } from '../../../fixtures/accounts.ts'
import { type Arrivals, startArrivals } from '../../../fixtures/arrivals.ts'
import { freePort } from '../../../fixtures/free-port.ts'
import { GatewayProcess } from '../../../fixtures/gateway-process.ts'
import { type NextHop, startNextHop } from '../../../fixtures/next-hop.ts'
import { tlsFiles } from '../../smtp/edge.ts'
import { peerFolder, removeFolder } from './folder.ts'

/** `postern run` with all three kinds of listeners, a server behind it, and a smarthost on the way out. */
export interface PeerSubmission {
  /** For strangers. */
  readonly mx: number
  readonly starttls: number
  readonly implicit: number
  readonly inside: NextHop
  readonly smarthost: Arrivals
  readonly process: GatewayProcess
  stop(): Promise<void>
}

interface Settings {
  /** Of `submission:`; without it, alice@our.example has the password `secret`. */
  readonly accounts?: string
  readonly perNetwork?: number
}

export async function startSubmission({
  accounts = '{ file: accounts }',
  perNetwork = 10,
}: Settings = {}): Promise<PeerSubmission> {
  const folder = await peerFolder('submission')
  const [inside, smarthost] = [await startNextHop(), await startArrivals()]
  const [mx, starttls, implicit] = [await freePort(), await freePort(), await freePort()]
  const text = `hostname: mx.our.example
data: data
dns: { servers: ["127.0.0.1:9"], timeoutMs: 100 }
tls: { cert: ${tlsFiles.cert}, key: ${tlsFiles.key} }
listen:
  - { address: "127.0.0.1:${mx}" }
  - { address: "127.0.0.1:${starttls}", as: submission }
  - { address: "127.0.0.1:${implicit}", as: submission, tls: implicit }
relay: { our.example: { to: "smtp://127.0.0.1:${inside.port}" } }
outbound: { smarthost: { to: "smtp://127.0.0.1:${smarthost.port}", tls: off } }
submission: { accounts: ${accounts}, throttle: { perNetwork: ${perNetwork}, perAccount: ${perNetwork} } }
limits: { greetDelayMs: 0, refusalDelayMs: 0, connectionsPerAddress: 1000, newPerMinute: 100000, errors: 1000, junkCommands: 1000, refusedRecipients: 1000 }
rules: [{ use: reverse-dns }]
`
  await writeFile(join(folder, 'accounts'), accountsText(cheapAccount('alice@our.example', 'secret')), { mode: 0o600 })
  await writeFile(join(folder, 'postern.yaml'), text)
  const process = await GatewayProcess.start(join(folder, 'postern.yaml'), 3)
  const stop = async () => {
    await process.stop()
    await Promise.all([inside.close(), smarthost.close()])
    await removeFolder(folder)
  }
  return { mx, starttls, implicit, inside, smarthost, process, stop }
}
