import assert from 'node:assert/strict'
import { it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import type { Zone } from '../../fixtures/dns-server.ts'
import { signer } from '../../fixtures/signer.ts'
import { plain, send, startGateway } from './gateway.ts'

const rules = '[{ use: reverse-dns, options: { none: 5 } }, { use: greylist, options: { delaySeconds: 1 } }]'
const delayMs = 1100

/** A provider that sends from machines without names, in networks of their own. */
const pool: Zone = { 'sender.example': { TXT: ['v=spf1 ip4:198.51.100.0/24 ip4:203.0.113.0/24 ip4:192.0.2.128/25 -all'] } }

it('a pool of machines, with one SPF record, is let in on its first retry from any of them', async () => {
  await using gateway = await startGateway({ rules, zone: pool })
  const first = await send(await gateway.client('198.51.100.1'))
  assert.deepEqual([first.rcpts[0]?.code, first.data?.code], [250, 451])
  assert.match(first.data?.text ?? '', /^4\.7\.1 We do not know your server yet, please try again in a few minutes \[/)
  await wait(delayMs)
  assert.equal((await send(await gateway.client('203.0.113.77'))).data?.code, 250)
  assert.equal((await send(await gateway.client('192.0.2.200'))).data?.code, 250)
  assert.ok(
    gateway.log.some(line => /^info greylisted, returned after 1 s/.test(line)),
    gateway.log.join('\n'),
  )
})

it('who cannot be cleared by any signature is asked to wait at RCPT, without sending the message', async () => {
  await using gateway = await startGateway({ rules })
  const { rcpts } = await send(await gateway.client('198.51.100.1'))
  assert.equal(rcpts[0]?.code, 451)
  await wait(delayMs)
  assert.equal((await send(await gateway.client('198.51.100.2'))).data?.code, 250)
})

it('who has waited at RCPT does not wait again for what the message tells', async () => {
  const { zone, sign } = signer('sender.example')
  await using gateway = await startGateway({ rules, zone })
  const content = await sign(plain)
  assert.equal((await send(await gateway.client('198.51.100.1'), { content })).rcpts[0]?.code, 451)
  await wait(delayMs)
  assert.equal((await send(await gateway.client('198.51.100.1'), { content })).data?.code, 250)
})

it('DMARC, bounces, postmaster and abuse never wait', async () => {
  const { zone, sign } = signer('sender.example')
  const dmarc: Zone = { '_dmarc.sender.example': { TXT: ['v=DMARC1; p=none'] } }
  await using gateway = await startGateway({ rules, zone: { ...zone, ...dmarc } })
  const unknown = () => gateway.client('198.51.100.1')
  assert.equal((await send(await unknown(), { content: await sign(plain) })).data?.code, 250)
  assert.equal((await send(await unknown(), { sender: '' })).data?.code, 250)
  assert.equal((await send(await unknown(), { recipients: ['postmaster@our.example'] })).data?.code, 250)
  assert.equal((await send(await unknown(), { recipients: ['abuse@our.example'] })).data?.code, 250)
  assert.equal((await send(await unknown())).data?.code, 451)
})
