import { readdirSync } from 'node:fs'
import { parseNetwork } from '../../../src/mail/network.ts'
import { limitsReached, openEdge, tlsFiles } from '../../smtp/edge.ts'
import type { State } from './besieged.ts'

const errors: string[] = []
const own = parseNetwork('127.0.0.0/8')
const edge = await openEdge({
  limits: JSON.parse(process.argv[2] ?? '{}'),
  tls: tlsFiles,
  listeners: [{}, { tls: 'implicit' }, { proxyProtocol: own ? [own] : [] }],
  over: { record: () => {} },
  log: { info: () => {}, warn: () => {}, error: (about, message) => void errors.push(`${message} ${JSON.stringify(about)}`) },
})

process.on('message', async () => {
  edge.nextHop.got.length = 0
  // What a finished stream has left is collected in the turns that follow.
  for (let i = 0; i < 4; i++) {
    globalThis.gc?.()
    await new Promise(setImmediate)
  }
  process.send?.(state())
})
process.on('disconnect', () => process.exit())
process.send?.(edge.ports)

function state(): State {
  const { heapUsed, rss, external } = process.memoryUsage()
  const kinds = Map.groupBy(process.getActiveResourcesInfo(), kind => kind)
  return {
    counts: edge.server.counts,
    limits: limitsReached(edge.server),
    heapBytes: heapUsed + external,
    rssBytes: rss,
    descriptors: readdirSync('/proc/self/fd').length,
    resources: Object.fromEntries([...kinds].map(([kind, all]) => [kind, all.length])),
    errors,
  }
}
