import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { connect, type TLSSocket } from 'node:tls'
import { scrape, totalOf } from '../../fixtures/exposition.ts'
import { freePort } from '../../fixtures/free-port.ts'
import { SmtpClient } from '../../fixtures/smtp-client.ts'
import { plain, send } from '../functional/gateway.ts'
import { gone, type Running, run } from '../peers/support/workers.ts'

/** Clients that come one after the other, many at a time, until they are told to stop; what each has heard at its end. */
function traffic({ port }: Running, everyMs: number) {
  const outcomes: Promise<number>[] = []
  const timer = setInterval(() => outcomes.push(bring(port).catch(() => 0)), everyMs)
  return async () => {
    clearInterval(timer)
    return Promise.all(outcomes)
  }
}

/** The code that one message was answered with; 0 when the connection ended. */
async function bring(port: number): Promise<number> {
  const client = await SmtpClient.open({ port, ip: '192.0.2.20' })
  if ((await client.answer()).code !== 220) return 0
  const heard = await send(client)
  client.leave()
  return heard.data?.code ?? 0
}

describe('workers', { concurrency: 2 }, () => {
  it('one that is killed is replaced alone, the sessions of others go on, and nothing that was accepted is lost', async t => {
    const running = await run(t)
    const [here, there] = [await running.clientOn(1), await running.clientOn(2)]
    const killed = running.pid(1)
    const stop = traffic(running, 20)
    await wait(300)
    process.kill(killed, 'SIGKILL')
    assert.equal((await here.answer()).code, 0)
    assert.equal((await send(there)).data?.code, 250)
    const why = await running.line(({ msg }) => msg === 'a worker is gone, another takes its place')
    assert.deepEqual([why.worker, why.why], [1, 'killed by SIGKILL'])
    await running.line(({ msg, worker, pid }) => msg === 'a worker is ready' && worker === 1 && pid !== killed)
    assert.equal((await send(await running.clientOn(1))).data?.code, 250)
    const outcomes = await stop()
    const accepted = outcomes.filter(code => code === 250).length
    assert.ok(accepted > outcomes.length / 2, `${accepted} of ${outcomes.length}`)
    assert.ok((await running.delivered()) >= accepted + 2)
    const workers = new Set(running.log.filter(({ msg }) => msg === 'transaction').map(({ worker }) => worker))
    assert.deepEqual([...workers].sort(), [1, 2], 'each has taken mail')
  })

  it('a limit for one address holds for all of them, and what a dead one had does not count', async t => {
    const limits = '{ greetDelayMs: 0, newPerMinute: 100000, connectionsPerAddress: 2 }'
    const running = await run(t, { limits })
    const first = await running.clientOn(1)
    await running.clientOn(2)
    // They hear of each other within a moment: until then one more may come in.
    const until = async (code: number) => {
      for (;;) {
        const client = await running.client()
        const answer = await client.answer()
        client.leave()
        if (answer.code === code) return
        await wait(20)
      }
    }
    await until(421)
    process.kill(running.pid(2), 'SIGKILL')
    await until(220)
    assert.equal((await first.say('NOOP')).code, 250)
  })

  it('new configurations are taken over by all, broken ones by none', async t => {
    const running = await run(t)
    await running.configure({ rules: '[{ use: deny, options: { clients: [192.0.2.10] } }]' })
    running.child.kill('SIGHUP')
    await running.line(({ msg }) => msg === 'the new configuration is in force')
    const everywhere = async (code: number) => {
      for (const worker of [1, 2]) assert.equal((await send(await running.clientOn(worker))).rcpts[0]?.code, code)
    }
    await everywhere(554)
    await running.configure({ rules: '[{ use: no-such-policy }]' })
    running.child.kill('SIGHUP')
    await running.line(({ msg }) => msg === 'the old configuration stays in force')
    assert.match(String(running.log.find(({ problem }) => problem)?.problem), /^postern\.yaml:6:/)
    await everywhere(554)
    assert.equal(running.log.filter(({ msg }) => msg === 'a worker is ready').length, 2, 'none was replaced')
  })

  it('new processes take over, by SIGUSR2 or for what needs them, without a refusal', async t => {
    const running = await run(t)
    const port = await freePort()
    const former = [running.pid(1), running.pid(2)]
    const stop = traffic(running, 20)
    running.child.kill('SIGUSR2')
    await running.line(({ msg }) => msg === 'the new configuration is in force')
    await gone(...former)
    const seen = running.log.length
    await running.configure({
      listen: `[{ address: "127.0.0.1:0", proxyProtocol: [127.0.0.1] }, { address: "127.0.0.1:${port}" }]`,
    })
    running.child.kill('SIGHUP')
    await running.line(({ msg }) => msg === 'the new configuration is in force', seen)
    const outcomes = await stop()
    assert.ok(outcomes.length > 50)
    assert.deepEqual(new Set(outcomes), new Set([250]))
    assert.equal(await running.delivered(), outcomes.length)
    const client = await SmtpClient.open({ port })
    assert.equal((await client.answer()).code, 220)
    client.leave()
  })

  it('metrics count each message once, whoever took it and whether it is still there, and tell of a broken configuration', async t => {
    const port = await freePort()
    const metrics = `{ listen: "127.0.0.1:${port}" }`
    const running = await run(t, { metrics })
    // Who asks often is told again what was just collected.
    const becomes = async (name: string, value: number) => {
      const late = Date.now() + 5000
      for (;;) {
        const found = totalOf(await scrape(port), name)
        if (found === value || Date.now() > late) return assert.equal(found, value)
        await wait(100)
      }
    }
    const accepted = 'postern_messages_accepted_total'
    for (const worker of [1, 2]) await send(await running.clientOn(worker))
    await becomes(accepted, 2)
    const former = [running.pid(1), running.pid(2)]
    // This one stays with its worker, which leaves only when it does.
    const staying = await running.clientOn(1)
    running.child.kill('SIGUSR2')
    await running.line(({ msg }) => msg === 'the new configuration is in force')
    await becomes(accepted, 2) // while they leave
    await send(staying)
    staying.leave()
    await gone(...former)
    await becomes(accepted, 3) // when they are gone
    await running.configure({ metrics, rules: '[{ use: no-such-policy }]' })
    running.child.kill('SIGHUP')
    await running.line(({ msg }) => msg === 'the old configuration stays in force')
    await becomes('postern_last_reload_successful', 0)
  })

  it('an address that cannot be had keeps the old workers', async t => {
    const running = await run(t)
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    t.after(() => other.close())
    const taken = other.address()
    assert.ok(typeof taken === 'object' && taken)
    await running.configure({ listen: `[{ address: "127.0.0.1:${taken.port}" }]` })
    running.child.kill('SIGHUP')
    await running.line(({ msg }) => msg === 'the old configuration stays in force')
    assert.match(String(running.log.find(({ problem }) => problem)?.problem), /^postern\.yaml:3:.*another program listens on/)
    assert.equal((await (await running.client()).answer()).code, 220)
  })

  it('a TLS session that began with one goes on with another', async t => {
    const port = await freePort()
    const tls = join(import.meta.dirname, '../../fixtures/tls/test-only')
    const running = await run(t, {
      tls: `{ cert: ${tls}.pem, key: ${tls}.key }`,
      listen: `[{ address: "127.0.0.1:0", proxyProtocol: [127.0.0.1] }, { address: "127.0.0.1:${port}", tls: implicit }]`,
    })
    const shakeHands = async (worker: number, session?: Buffer): Promise<TLSSocket> => {
      process.kill(running.pid(3 - worker), 'SIGSTOP')
      const socket = connect({
        port,
        host: '127.0.0.1',
        rejectUnauthorized: false,
        maxVersion: 'TLSv1.2',
        ...(session && { session }),
      })
      t.after(() => socket.destroy())
      await once(socket, 'secureConnect')
      process.kill(running.pid(3 - worker), 'SIGCONT')
      return socket
    }
    const first = await shakeHands(1)
    assert.equal(first.isSessionReused(), false)
    assert.equal((await shakeHands(2, first.getSession())).isSessionReused(), true)
  })

  it('leave no process behind: when told to stop, and when their primary is killed', async t => {
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      const running = await run(t)
      const pids = [running.pid(1), running.pid(2)]
      const client = await running.clientOn(1)
      for (const text of ['EHLO x', 'MAIL FROM:<a@sender.example>', 'RCPT TO:<bob@our.example>', 'DATA']) await client.say(text)
      client.write(plain)
      running.child.kill(signal)
      await gone(pids[1] ?? 0)
      client.write('.\r\n')
      assert.equal((await client.answer()).code, 250, signal)
      assert.equal((await client.answer()).code, 421, signal)
      if (running.child.exitCode === null && signal === 'SIGTERM') assert.deepEqual(await once(running.child, 'exit'), [0, null])
      await gone(...pids)
      assert.equal(await running.delivered(), 1)
    }
  })
})
