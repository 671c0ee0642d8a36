import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Reply } from '../../src/mail/reply.ts'
import { always, Elsewhere, hour, letter, mail, minute, stage, temporary, unreachable } from './stage.ts'

describe('the delivery worker', () => {
  it('delivers each recipient, and keeps nothing', async t => {
    const there = new Elsewhere('there')
    const queue = await stage(t, always(there))
    await queue.store.add(mail('bob@a.example', 'eve@a.example', 'kim@b.example'), letter)
    await queue.pass(0)
    assert.deepEqual(there.arrived.map(({ recipients }) => recipients).toSorted(), [
      ['bob@a.example', 'eve@a.example'],
      ['kim@b.example'],
    ])
    assert.ok(there.arrived.every(({ content }) => content.endsWith('At noon?\r\n')))
    assert.equal((await queue.store.counts()).messages, 0)
  })

  it('one bad recipient among three: two are delivered, one is reported, one waits', async t => {
    const answers: Record<string, Reply> = {
      'bad@a.example': {
        code: 550,
        status: '5.1.1',
        text: 'No such user',
        detail: 'smtp://mx.a.example:25: 550 5.1.1 No such user',
      },
      'full@a.example': temporary('452 4.2.2 Mailbox full'),
    }
    const there = new Elsewhere('there', (recipient, when) => (when === 'asked' ? answers[recipient] : undefined))
    const queue = await stage(t, always(there))
    await queue.store.add(mail('bob@a.example', 'bad@a.example', 'full@a.example'), letter)
    await queue.pass(0)
    await queue.pass(0)
    const [first, report] = there.arrived
    assert.deepEqual(first?.recipients, ['bob@a.example'])
    assert.deepEqual([report?.sender, report?.recipients], ['', ['ann@our.example']])
    assert.match(report?.content ?? '', /Final-Recipient: rfc822; bad@a\.example\r\nAction: failed\r\nStatus: 5\.1\.1\r\n/)
    assert.doesNotMatch(report?.content ?? '', /full@a\.example|bob@a\.example/)
    const waiting = await queue.store.list({})
    assert.deepEqual(
      waiting.map(({ recipient, attempts, reply }) => [recipient, attempts, reply]),
      [['full@a.example', 1, '452 4.2.2 Mailbox full']],
    )
  })

  it('tries again by the schedule', async t => {
    const there = new Elsewhere('there', (_, when) => (when === 'asked' ? temporary('451 4.3.0 Not now') : undefined))
    const queue = await stage(t, always(there))
    await queue.store.add({ ...mail('bob@a.example'), isOwn: false }, letter)
    await queue.pass(0)
    const attempts: number[] = []
    for (const waited of [2, 5, 10, 20, 40, 60, 120, 180, 240, 240]) {
      await queue.pass(waited * minute - 1)
      attempts.push(there.asked)
      await queue.pass(1)
    }
    assert.deepEqual(attempts, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    assert.equal(there.asked, 11)
  })

  it('tells the sender once that a message waits, and when it is given up', async t => {
    const there = new Elsewhere('there', recipient => (recipient.endsWith('@a.example') ? unreachable : undefined))
    const queue = await stage(t, always(there))
    await queue.store.add(
      mail('bob@a.example', ['kim@a.example', { notify: ['FAILURE'] }], ['eve@a.example', { notify: ['NEVER'] }]),
      letter,
    )
    for (let passed = 0; passed < 97; passed++) await queue.pass(hour)
    const actions = there.arrived.map(({ content }) =>
      [...content.matchAll(/^Final-Recipient: rfc822; (.*)\r\nAction: (.*)\r$/gm)].map(m => `${m[1]} ${m[2]}`),
    )
    assert.deepEqual(actions, [['bob@a.example delayed'], ['bob@a.example failed', 'kim@a.example failed']])
    assert.equal((await queue.store.counts()).messages, 0)
    assert.equal(queue.kept.length, 0)
  })

  it('writes to no stranger: what he sent, and what has no sender, is kept when it fails', async t => {
    const there = new Elsewhere('there', () => ({ code: 550, status: '5.1.1', text: 'No' }))
    const queue = await stage(t, always(there))
    const { noticeMs: _, ...stranger } = { ...mail('bob@a.example'), isOwn: false }
    await queue.store.add(stranger, letter)
    await queue.store.add({ ...mail('bob@a.example'), sender: null }, letter)
    await queue.pass(0)
    await queue.pass(0)
    assert.deepEqual(queue.kept.map(({ mail }) => mail.id).length, 2)
    assert.equal(there.arrived.length, 0)
    assert.equal((await queue.store.counts()).messages, 0)
  })

  it('keeps what cannot be kept elsewhere', async t => {
    const there = new Elsewhere('there', () => ({ code: 550, status: '5.1.1', text: 'No' }))
    let isFull = true
    const keep = async () => {
      if (isFull) throw new Error('no room')
    }
    const queue = await stage(t, always(there), { keep })
    await queue.store.add({ ...mail('bob@a.example'), isOwn: false }, letter)
    await queue.pass(0)
    assert.match((await queue.store.list({}))[0]?.detail ?? '', /no room/)
    isFull = false
    await queue.pass(5 * minute)
    assert.equal((await queue.store.counts()).messages, 0)
  })

  it('tells of success only who asked for it, and only when nobody else does', async t => {
    const telling = new Elsewhere('telling')
    const begin = telling.begin.bind(telling)
    Object.assign(telling, {
      begin: (transaction: Parameters<typeof begin>[0]) => ({ ...begin(transaction), tellsSender: true }),
    })
    const silent = new Elsewhere('silent')
    const queue = await stage(t, domain => ({ transport: domain === 'tells.example' ? telling : silent, provider: domain }))
    await queue.store.add(
      mail(['bob@a.example', { notify: ['SUCCESS'], orcpt: 'rfc822;Bob@a.example' }], 'eve@a.example'),
      letter,
    )
    await queue.pass(0)
    assert.equal(queue.counters.reports, 1)
    assert.match(
      silent.arrived.at(-1)?.content ?? '',
      /Original-Recipient: rfc822; Bob@a\.example\r\n.*\r\nAction: relayed\r\nStatus: 2\./,
    )
    await queue.store.add(mail(['bob@tells.example', { notify: ['SUCCESS'] }]), letter)
    await queue.pass(0)
    assert.deepEqual([telling.arrived.length, queue.counters.reports], [1, 1])
  })

  it('a destination that cannot be reached rests as a whole, and is tried with one message', async t => {
    let isUp = false
    const there = new Elsewhere('there', () => (isUp ? undefined : unreachable))
    const queue = await stage(t, always(there))
    for (let message = 0; message < 30; message++) await queue.store.add(mail('bob@a.example'), letter)
    await queue.pass(0)
    const first = there.asked
    assert.ok(first <= 2, `${first} were tried at first`)
    await queue.pass(2 * minute)
    assert.equal(there.asked, first + 1)
    await queue.pass(4 * minute)
    assert.equal(there.asked, first + 1, 'the second rest is longer')
    isUp = true
    await queue.pass(minute)
    await queue.pass(0)
    await queue.pass(5 * minute)
    assert.equal(there.arrived.length, 30)
  })

  it('421 and words like "rate limited" are about the destination', async t => {
    for (const said of [
      '421 4.7.0 Try again later',
      '450 4.7.28 Our system has detected an unusual rate',
      '451 Too many connections from your host',
    ]) {
      const there = new Elsewhere('there', () => temporary(said))
      const queue = await stage(t, always(there))
      for (let message = 0; message < 10; message++) await queue.store.add(mail('bob@a.example'), letter)
      await queue.pass(0)
      assert.ok(there.asked <= 2, said)
    }
  })

  it('comes again when a server that greylists wants it, within reason', async t => {
    for (const [said, waits] of [
      ['451 4.7.1 Greylisted, please try again in 300 seconds', 300],
      ['450 4.2.0 Greylisting in action, please come back in 5 s', 60],
      ['451 4.7.1 Graylisted, retry after 24 hours', 900],
    ] as const) {
      let refusals = 1
      const there = new Elsewhere('there', (_, when) => (when === 'asked' && refusals-- > 0 ? temporary(said) : undefined))
      const queue = await stage(t, always(there))
      await queue.store.add(mail('bob@a.example'), letter)
      await queue.pass(0)
      await queue.pass(waits * 1000)
      assert.equal(there.arrived.length, 0, said)
      await queue.pass(waits * 100)
      assert.equal(there.arrived.length, 1, said)
    }
  })

  it('when there is no way: for good, it is reported; for now, it waits', async t => {
    const none = { code: 556, status: '5.1.10', text: 'This domain takes no mail' }
    const there = new Elsewhere('there')
    const queue = await stage(t, domain =>
      domain === 'null.example' ? none : domain === 'lost.example' ? unreachable : { transport: there, provider: domain },
    )
    await queue.store.add(mail('bob@null.example', 'bob@lost.example'), letter)
    await queue.pass(0)
    await queue.pass(0)
    assert.match(there.arrived[0]?.content ?? '', /null\.example\r\nAction: failed\r\nStatus: 5\.1\.10/)
    assert.deepEqual(
      (await queue.store.list({})).map(({ recipient }) => recipient),
      ['bob@lost.example'],
    )
  })

  it('a server that takes only some recipients at a time gets the others at once', async t => {
    let room = 2
    const there = new Elsewhere('there', (_, when) => {
      if (when === 'sent') room = 2
      return when === 'sent' || room-- > 0 ? undefined : temporary('452 4.5.3 Too many recipients')
    })
    const queue = await stage(t, always(there))
    await queue.store.add(mail('a@a.example', 'b@a.example', 'c@a.example'), letter)
    await queue.pass(0)
    assert.deepEqual(
      there.arrived.map(({ recipients }) => recipients.length),
      [2, 1],
    )
  })
})
