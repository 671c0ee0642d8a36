import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type NextHop, startNextHop } from '../../fixtures/next-hop.ts'
import { type PeerGateway, startGateway } from './support/gateway.ts'
import { needs, pathOf } from './support/needs.ts'
import { mustRun } from './support/run.ts'

describe('nmap smtp-open-relay', { skip: needs('nmap') }, () => {
  let nextHop: NextHop
  let gateway: PeerGateway

  before(async () => {
    nextHop = await startNextHop()
    gateway = await startGateway({ to: `smtp://127.0.0.1:${nextHop.port}` })
  })

  after(async () => {
    await gateway?.stop()
    await nextHop?.close()
  })

  test('SRV-20: none of its tests is relayed', async () => {
    const target = `smtp-open-relay.domain=elsewhere.example,smtp-open-relay.ip=127.0.0.1`
    const args = ['-Pn', '-n', '-p', String(gateway.direct), '--script', '+smtp-open-relay', '--script-args', target, '127.0.0.1']
    const output = await mustRun(pathOf('nmap'), args, { timeoutMs: 120_000 })
    assert.match(output, /smtp-open-relay: Server doesn't seem to be an open relay, all tests failed/, output)
    assert.deepEqual(nextHop.messages, [])
  })
})
