import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Daemon, startDaemon } from './daemon.ts'
import { inside, type Namespaces } from './namespaces.ts'
import { pathOf } from './needs.ts'
import { mustRun, run } from './run.ts'
import { until } from './wait.ts'

/** A zone as a zone file has it, without SOA and NS. */
export interface SignedZone {
  readonly name: string
  readonly records: readonly string[]
  readonly signed: boolean
  /** Changes the signed zone: then the signature of what was changed is wrong. */
  readonly forge?: readonly [string, string]
}

/** The address of the name server. */
export const nameServer = '192.0.2.53'

/** NSD with these zones in the world, and Unbound, which validates, with us. */
export async function startSignedDns(folder: string, { us, world }: Namespaces, zones: readonly SignedZone[]): Promise<Daemon> {
  for (const zone of zones) await writeZone(folder, zone)
  await writeFile(join(folder, 'nsd.conf'), nsdConfiguration(folder, zones))
  await writeFile(join(folder, 'unbound.conf'), await unboundConfiguration(folder, zones))
  const daemons = [
    startDaemon(...inside(world, pathOf('nsd'), ['-d', '-c', join(folder, 'nsd.conf')])),
    startDaemon(...inside(us, pathOf('unbound'), ['-d', '-c', join(folder, 'unbound.conf')])),
  ]
  const output = () => daemons.map(daemon => daemon.output()).join('\n')
  const stop = async () => {
    for (const daemon of daemons) await daemon.stop()
  }
  try {
    for (const { name } of zones) await untilAnswered(us, name)
  } catch (error) {
    await stop()
    throw new Error(output(), { cause: error })
  }
  return { output, stop }
}

async function writeZone(folder: string, { name, records, signed, forge }: SignedZone): Promise<void> {
  const file = join(folder, `${name}.zone`)
  const head = [`$ORIGIN ${name}.`, '$TTL 300', '@ SOA ns hostmaster 1 3600 600 86400 60', '@ NS ns', `ns A ${nameServer}`]
  await writeFile(file, `${[...head, ...records].join('\n')}\n`)
  if (!signed) return
  const keygen = (...args: string[]) => mustRun(pathOf('ldns-keygen'), ['-a', 'ECDSAP256SHA256', ...args, name], { cwd: folder })
  const keys = [await keygen('-k'), await keygen()].map(base => base.trim())
  await mustRun(pathOf('ldns-signzone'), ['-f', file, file, ...keys], { cwd: folder })
  await writeFile(join(folder, `${name}.anchor`), await readFile(join(folder, `${keys[0]}.key`)))
  if (!forge) return
  const text = await readFile(file, 'utf8')
  if (!text.includes(forge[0])) throw new Error(`nothing to forge in ${text}`)
  await writeFile(file, text.replace(...forge))
}

function nsdConfiguration(folder: string, zones: readonly SignedZone[]): string {
  const files = zones.map(({ name }) => `zone:\n  name: ${name}\n  zonefile: ${join(folder, `${name}.zone`)}\n`)
  return `server:
  ip-address: ${nameServer}
  username: ""
  zonesdir: "${folder}"
  database: ""
  pidfile: "${folder}/nsd.pid"
  xfrdfile: "${folder}/xfrd"
  zonelistfile: "${folder}/zone.list"
  server-count: 1
remote-control:
  control-enable: no
${files.join('')}`
}

async function unboundConfiguration(folder: string, zones: readonly SignedZone[]): Promise<string> {
  const anchors = zones.map(({ name, signed }) =>
    signed ? `  trust-anchor-file: "${folder}/${name}.anchor"\n` : `  domain-insecure: "${name}"\n`,
  )
  const stubs = zones.map(({ name }) => `stub-zone:\n  name: "${name}"\n  stub-addr: ${nameServer}\n`)
  return `server:
  interface: 127.0.0.1
  username: ""
  chroot: ""
  directory: "${folder}"
  pidfile: "${folder}/unbound.pid"
  use-syslog: no
  verbosity: 1
  val-log-level: 2
  do-ip6: no
  local-zone: "test." nodefault
  local-zone: "example." nodefault
${anchors.join('')}remote-control:
  control-enable: no
${stubs.join('')}`
}

function untilAnswered(namespace: string, name: string): Promise<true> {
  return until(`an answer about ${name}`, async () => {
    const { output } = await run(...inside(namespace, 'dig', ['+tries=1', '+time=1', '@127.0.0.1', name, 'SOA']))
    return output.includes('status: NOERROR') && output.includes('SOA') ? true : undefined
  })
}
