import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { Child } from './child.ts'
import type { Cores } from './cores.ts'
import { type Fixtures, makeFixtures } from './fixtures.ts'
import { buildNative, has, type Native } from './native.ts'
import type { Place } from './peer.ts'
import { freePorts } from './ports.ts'

/** What the sink has counted since it began. */
export interface SinkCounts {
  readonly messages: number
  /** Octets of their bodies, as they came over the wire. */
  readonly body: number
  /** The sums of the numbers in the recipients' names, and of the squares of these. */
  readonly numbers: number
  readonly squares: number
  readonly connections: number
  readonly mostOpen: number
  readonly cpu: number
}

interface DnsCounts {
  readonly questions: number
  readonly cpu: number
}

/** What stands around the peers: the sink behind them, the name server beside them, and the messages. */
export interface Surroundings {
  readonly folder: string
  readonly native: Native
  readonly fixtures: Fixtures
  readonly cores: Cores
  readonly sink: Child
  readonly dns: Child
  readonly place: Pick<Place, 'sinkPort' | 'dns' | 'native'>
  sinkCounts(port?: number): Promise<SinkCounts>
  dnsCounts(): Promise<DnsCounts>
  stop(): Promise<void>
}

/** Builds and starts them in a folder, which is emptied. */
export async function startSurroundings(folder: string, cores: Cores): Promise<Surroundings> {
  const native = buildNative(folder)
  const runs = join(folder, `run-${process.pid}`)
  mkdirSync(runs, { recursive: true })
  const clear = () => rmSync(runs, { recursive: true, force: true })
  process.once('exit', clear)
  const fixtures = makeFixtures(join(runs, 'fixtures'))
  const sinkPort = await freePorts()
  const dnsAt = await dnsPlace(runs)
  const manner = { cores: cores.load, output: join(runs, 'surroundings.log') }
  const sink = Child.start({ file: native.file, args: ['sink', '-p', String(sinkPort)] }, manner)
  const dnsArgs = ['dns', '-a', dnsAt.address, '-p', String(dnsAt.port), '-z', fixtures.zone]
  const dns = Child.start({ file: native.file, args: dnsArgs }, manner)
  await sink.listening(sinkPort)
  await dns.listening(dnsAt.port + 1, dnsAt.address)
  return {
    folder: runs,
    native,
    fixtures,
    cores,
    sink,
    dns,
    place: { sinkPort, dns: dnsAt, native: native.file },
    sinkCounts: (port = sinkPort) => ask<SinkCounts>(port + 1, '127.0.0.1'),
    dnsCounts: () => ask<DnsCounts>(dnsAt.port + 1, dnsAt.address),
    async stop() {
      await Promise.all([sink.stop(), dns.stop()])
      clear()
    },
  }
}

/** What uses the system's resolver can be told an address, but no port: for root, the port is 53. */
async function dnsPlace(folder: string): Promise<Place['dns']> {
  if (process.getuid?.() !== 0 || !has('unshare')) return { address: '127.0.0.1', port: await freePorts(), resolver: undefined }
  const address = `127.${100 + (process.pid % 100)}.${(process.pid >> 8) % 250}.153`
  const resolver = join(folder, 'resolv.conf')
  writeFileSync(resolver, `nameserver ${address}\noptions timeout:2 attempts:2\n`)
  return { address, port: 53, resolver }
}

/** The counts of a server of ours: one line of JSON. */
async function ask<T>(port: number, host: string): Promise<T> {
  return JSON.parse(await text(connect({ port, host })))
}
