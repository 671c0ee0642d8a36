/** `npm run bench`: what Postern costs, beside what Node itself costs and beside other gateways. See docs/performance.md. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { cells } from './cells.ts'
import { divideCores } from './cores.ts'
import { type Options, readOptions, usage } from './options.ts'
import { peers } from './peers.ts'
import { cacheFolder } from './place.ts'
import { describeProfiles } from './profile.ts'
import { progressLine } from './progress.ts'
import { report } from './report.ts'
import { measureAll, peersOf } from './rounds.ts'
import { startSurroundings } from './surroundings.ts'

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(1))
try {
  process.exitCode = await bench(process.argv.slice(2))
} catch (error) {
  console.error(error instanceof Error ? messageOf(error) : error)
  process.exitCode = 1
}

async function bench(args: readonly string[]): Promise<number> {
  const asked = readOptions(args)
  if (asked.doesList) return list()
  const options = { ...asked, peers: present(asked) }
  const cores = divideCores()
  if (cores.peer === undefined)
    console.log('nothing is pinned: it takes two cores and `taskset` (Debian: util-linux) to divide them')
  const profiles = join(options.out, 'profiles')
  if (options.doesProfile) rmSync(profiles, { recursive: true, force: true })
  const around = await startSurroundings(cacheFolder, cores)
  try {
    if (!around.native.hasTls) console.log('no TLS loads: the headers of OpenSSL are missing (Debian: libssl-dev)')
    const able = options.peers.filter(({ tls }) => tls === undefined || around.native.hasTls)
    const results = await measureAll({ ...options, peers: able }, around, {
      onSample: sample => console.log(progressLine(sample)),
      ...(options.doesProfile && { profiles }),
    })
    if (options.doesProfile) console.log(describeProfiles(profiles))
    return report(results, { options, command: ['npm run bench', ...(args.length > 0 ? ['--', ...args] : [])].join(' ') })
  } finally {
    await around.stop()
  }
}

/** The peers that some load needs and that are here. */
function present({ cells, peers }: Options) {
  const needed = peers.filter(peer => cells.some(cell => peersOf(cell, [peer]).length > 0))
  return needed.filter(({ name, missing }) => {
    const why = missing?.()
    if (why !== undefined) console.log(`without ${name}: ${why}`)
    return why === undefined
  })
}

function list(): number {
  console.log(usage)
  for (const { name, title } of peers) console.log(`${name.padEnd(24)}${title}`)
  console.log()
  for (const { name, group, title } of cells) console.log(`${name.padEnd(16)}${group.padEnd(12)}${title}`)
  return 0
}

function messageOf(error: Error): string {
  const { cause } = error
  return cause instanceof Error ? `${error.message}: ${cause.message}` : error.message
}
