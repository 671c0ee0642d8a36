import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type NextHop, startNextHop } from '../../fixtures/next-hop.ts'
import { Client } from '../smtp/dialogue.ts'
import { secured } from '../smtp/tls-client.ts'
import { type PeerGateway, startGateway } from './support/gateway.ts'
import { needs, pathOf } from './support/needs.ts'
import { mustRun } from './support/run.ts'
import { type PeerSubmission, startSubmission } from './support/submission.ts'

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

/** What the testers of open relays try, and what has worked against somebody (SRV-20). */
const roundabout = [
  'u@other.example',
  'u%other.example@our.example',
  '"u@other.example"@our.example',
  '"u%other.example"@our.example',
  'other.example!u@our.example',
  '@our.example:u@other.example',
  '@mx.our.example,@our.example:u@other.example',
  'u@[127.0.0.1]',
  'u@[IPv6:::1]',
  'u@[192.0.2.1]',
  '"u@other.example"',
  'other.example!u',
  'u%other.example',
  'u@other.example@our.example',
  'postmaster@other.example',
  'u@our.example.other.example',
]
const senders = ['ann@other.example', 'alice@our.example', '', 'postmaster@mx.our.example', 'root@[127.0.0.1]', 'u@localhost']

describe('SRV-20: with a way out for our own, nothing is relayed without AUTH', () => {
  let gateway: PeerSubmission
  before(async () => {
    gateway = await startSubmission()
  })
  after(() => gateway?.stop())

  async function battery(open: () => Promise<Client>, preface: readonly string[] = []): Promise<void> {
    for (const sender of senders) {
      const client = await open()
      await client.say('EHLO tester.example')
      for (const line of preface) await client.say(line)
      const mail = await client.say(`MAIL FROM:<${sender}>`)
      for (const to of roundabout) {
        const said = await client.say(`RCPT TO:<${to}>`)
        assert.match(said, /^5/, `${sender} to ${to}`)
        if (/^250/.test(mail)) assert.match(said, /^55[035] 5|^501 5/, `${sender} to ${to}`)
      }
      assert.match(await client.say('DATA'), /^5/)
      client.destroy()
    }
  }

  const bogus = `AUTH PLAIN ${Buffer.from('\0alice@our.example\0wrong').toString('base64')}`

  test('on 25, in clear and under TLS', async () => {
    await battery(() => Client.greeted(gateway.mx))
    await battery(() => secured(gateway.mx), ['XCLIENT ADDR=10.0.0.1 LOGIN=alice@our.example'])
  })

  test('on 587, before STARTTLS and behind it, and after a wrong password', async () => {
    await battery(() => Client.greeted(gateway.starttls), [bogus])
    await battery(() => secured(gateway.starttls))
    await battery(() => secured(gateway.starttls), ['AUTH PLAIN', '*'])
  })

  test('on 465', async () => {
    const open = async () => {
      const client = await Client.connectTls(gateway.implicit)
      await client.expect(220)
      return client
    }
    await battery(open)
    await battery(open, ['XCLIENT LOGIN=alice@our.example'])
  })

  after(() => {
    assert.deepEqual([gateway.smarthost.messages, gateway.inside.messages], [[], []])
  })
})
