import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { startNextHop } from '../../fixtures/next-hop.ts'
import { plain, send, startGateway, type TestGateway } from './gateway.ts'

const relay = 'whenDown: queue'
const more = 'queue: { ownRetryMinutes: [0.05] }'

/** Waits until it is so; the test's own time limit ends what never is. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await wait(50)
}

/** One message, so that bob is known to exist; then the next hop goes away. */
async function withoutNextHop(gateway: TestGateway): Promise<void> {
  assert.equal((await send(await gateway.client())).data?.code, 250)
  await gateway.nextHop.close()
}

describe('whenDown: queue', { concurrency: 4, timeout: 60_000 }, () => {
  it('mail for recipients that are known waits in the queue, and is delivered when the next hop is back', async () => {
    await using gateway = await startGateway({ relay, more })
    await withoutNextHop(gateway)
    const heard = await send(await gateway.client())
    assert.deepEqual([heard.rcpts[0]?.code, heard.data?.code], [250, 250])
    assert.equal(gateway.traces.at(-1)?.recipients[0]?.outcome, 'delivered')
    const back = await startNextHop({ port: gateway.nextHop.port })
    await until(() => back.messages.length > 0)
    const [message] = back.messages
    assert.deepEqual([message?.sender, message?.recipients], ['ann@sender.example', ['bob@our.example']])
    assert.ok(message?.content.includes(plain))
    assert.match(String(message?.content), /^Received: /m)
    await until(() => gateway.log.some(line => line.startsWith('info delivery') && line.includes('"delivered"')))
    await back.close()
  })

  it('whoever is not known to exist is asked to come again', async () => {
    await using gateway = await startGateway({ relay, more })
    await withoutNextHop(gateway)
    const recipients = ['bob@our.example', 'stranger@our.example']
    const heard = await send(await gateway.client(), { recipients })
    assert.deepEqual([...heard.rcpts.map(({ code }) => code), heard.data?.code], [250, 451, 250])
  })

  it('a recipient that the next hop has refused since is not known any more', async () => {
    const refused = new Set<string>()
    const script = { rcpt: ({ recipient }: { recipient: string }) => (refused.has(recipient) ? '550 5.1.1 Gone' : undefined) }
    await using gateway = await startGateway({ relay, more, nextHop: { script } })
    assert.equal((await send(await gateway.client())).data?.code, 250)
    refused.add('bob@our.example')
    assert.equal((await send(await gateway.client())).rcpts[0]?.code, 550)
    await gateway.nextHop.close()
    assert.equal((await send(await gateway.client())).rcpts[0]?.code, 451)
  })

  it('what the next hop refuses later is put in quarantine: no stranger is written to', async () => {
    await using gateway = await startGateway({ relay, more })
    await withoutNextHop(gateway)
    assert.equal((await send(await gateway.client())).data?.code, 250)
    const back = await startNextHop({ port: gateway.nextHop.port, script: { rcpt: '550 5.1.1 Gone' } })
    const quarantine = join(gateway.folder, 'data/quarantine')
    await until(async () =>
      (await readdir(quarantine, { recursive: true }).catch(() => [])).some(name => name.endsWith('message.eml')),
    )
    await until(() => gateway.log.some(line => line.startsWith('warn delivery') && line.includes('5.1.1 Gone')))
    assert.equal(back.messages.length, 0)
    await back.close()
  })

  it('a next hop that falls silent behind the message gets it again from the queue', async () => {
    let dots = 0
    const script = { dot: () => (dots++ === 0 ? ('close' as const) : undefined) }
    await using gateway = await startGateway({ relay, more, nextHop: { script } })
    assert.equal((await send(await gateway.client())).data?.code, 250)
    await until(() => gateway.nextHop.messages.length === 1)
  })

  it('without it, everybody is asked to come again', async () => {
    await using gateway = await startGateway({ relay: 'whenDown: defer' })
    await withoutNextHop(gateway)
    assert.equal((await send(await gateway.client())).rcpts[0]?.code, 451)
  })
})
