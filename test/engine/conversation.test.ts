import assert from 'node:assert/strict'
import { it } from 'node:test'
import { defineFact } from '../../src/engine/fact.ts'
import { type AnyPolicy, definePolicy } from '../../src/engine/policy.ts'
import { accept, defer, pass, quarantine, reject, score, type Verdict } from '../../src/engine/verdict.ts'
import type { Address } from '../../src/mail/address.ts'
import type { Message } from '../../src/mail/message.ts'
import { ok } from '../../src/mail/reply.ts'
import { Box, letter, only, Shelf, says, stage, talk, testRule, to } from './stage.ts'

const [ann, bob, cy] = [to('ann'), to('bob'), to('cy')]
const unknown = { code: 550, status: '5.1.1', text: 'Unknown' }
const full = { code: 452, status: '4.2.2', text: 'Full' }

const limit = testRule(
  definePolicy({
    name: 'limit',
    phase: 'message',
    summary: '',
    reasons: { x: ['7.1', 'No'] },
    judge: ({ tally }) => (tally.score >= 6 ? quarantine('x') : pass()),
  }) as AnyPolicy,
)

it('a refusal at connect is answered at RCPT, with the id of its trace', async () => {
  const play = stage([says('a', 'connect', reject('x'))])
  await play.conversation.connect()
  await play.conversation.helo('mx', { esmtp: true })
  assert.equal((await play.conversation.mail(null)).code, 250)
  assert.deepEqual(await play.conversation.rcpt(ann), {
    code: 550,
    status: '5.7.1',
    text: 'No; questions to postmaster@our.example [S.1]',
  })
})

it('SRV-20: no acceptance opens the relay', async () => {
  const { rcpts } = await talk(stage([says('a', 'connect', accept('x'))]), [{ local: 'x', domain: 'elsewhere.example' }, ann])
  assert.deepEqual(rcpts, [550, 250])
})

it('recipients treated alike are judged once', async () => {
  let judged = 0
  const judge = () => {
    judged++
    return pass()
  }
  const policy = definePolicy({ name: 'c', phase: 'message', summary: '', judge }) as AnyPolicy
  const play = stage([testRule(policy), says('b', 'message', pass())])
  await talk(play, [ann, bob, cy])
  assert.deepEqual([judged, play.nextHop.got], [1, ['ann', 'bob', 'cy']])
})

it('SRV-22: recipients may differ, and refused copies are quarantined', async () => {
  const play = stage([says('a', 'message', reject('x'), only(bob)), says('b', 'message', quarantine('x'), only(cy))])
  const { data } = await talk(play, [ann, bob, cy])
  assert.deepEqual([data, play.nextHop.got, play.shelf.got], [250, ['ann'], ['bob', 'cy']])
  const outcomes = play.traces[0]?.recipients.map(r => `${r.address} ${r.outcome} ${r.rule ?? '-'}`)
  assert.deepEqual(outcomes, ['ann@our.example delivered -', 'bob@our.example quarantined a', 'cy@our.example quarantined b'])
})

it('SRV-22: all refused is refused, and anyone who defers defers for all', async () => {
  const refused = stage([says('a', 'message', reject('x'))])
  assert.equal((await talk(refused, [ann, bob])).data, 550)
  const deferred = stage([says('a', 'message', defer('x'), only(bob))])
  assert.equal((await talk(deferred, [ann, bob])).data, 451)
  assert.deepEqual([deferred.nextHop.got, deferred.shelf.got], [[], []])
})

it('a rule for some recipients counts for them only, also at connect', async () => {
  const play = stage([says('a', 'connect', score(3, 'x')), says('b', 'connect', score(3, 'x'), only(bob)), limit])
  await talk(play, [ann, bob])
  assert.deepEqual([play.nextHop.got, play.shelf.got], [['ann'], ['bob']])
})

it('a rule for some recipients may refuse at connect', async () => {
  const play = stage([says('a', 'connect', reject('x'), only(bob)), says('b', 'helo', score(1, 'x'))])
  const { rcpts } = await talk(play, [ann, bob])
  assert.deepEqual(rcpts, [250, 550])
  assert.deepEqual(
    play.traces[0]?.recipients.map(r => r.score),
    [1, 0],
  )
})

it('SRV-09: postmaster is judged only by the rules that always run', async () => {
  const postmaster = to('postmaster')
  assert.deepEqual((await talk(stage([says('a', 'connect', reject('x'))]), [ann, postmaster])).rcpts, [550, 250])
  const always = stage([says('a', 'message', reject('x'), { always: true })])
  assert.equal((await talk(always, [postmaster])).data, 550)
})

it('observe mode relays everything and still tells', async () => {
  const play = stage([says('a', 'connect', reject('x'))], { mode: 'observe' })
  const { rcpts, data } = await talk(play, [ann])
  assert.deepEqual([rcpts, data, play.nextHop.got, play.traces[0]?.entries[0]?.verdict.action], [[250], 250, ['ann'], 'reject'])
})

it('SRV-21: an unknown recipient is refused at RCPT in the words of the next hop', async () => {
  const play = stage([], { nextHop: new Box('hop', { toRcpt: recipient => (recipient === bob ? unknown : ok) }) })
  const { rcpts } = await talk(play, [ann, bob])
  assert.deepEqual([rcpts, play.nextHop.got], [[250, 550], ['ann']])
  assert.deepEqual(play.traces[0]?.recipients[1]?.reply, '550 5.1.1 Unknown [S.1]')
})

it('the next hop has the last word', async () => {
  const play = stage([], { nextHop: new Box('hop', { toData: () => full }) })
  const { reply } = await talk(play, [ann])
  assert.deepEqual(reply, { ...full, text: 'Full [S.1]' })
  assert.equal(play.traces[0]?.recipients[0]?.outcome, 'deferred')
})

it('LMTP-01: a copy that the next hop refuses after others were delivered waits in quarantine', async () => {
  const play = stage([], { nextHop: new Box('hop', { toData: recipient => (recipient === bob ? full : ok) }) })
  const { reply } = await talk(play, [ann, bob])
  assert.deepEqual([reply?.code, play.nextHop.got, play.shelf.got], [250, ['ann'], ['bob']])
  assert.match(reply?.text ?? '', /1 of 2 copies held/)
})

it('nothing stays in quarantine of a message that the next hop refused for all others', async () => {
  const rules = [says('a', 'message', quarantine('x'), only(bob))]
  const play = stage(rules, { nextHop: new Box('hop', { toData: () => full }) })
  assert.deepEqual([(await talk(play, [ann, bob])).data, play.shelf.got], [452, []])
})

it('a message that cannot be kept in quarantine is not accepted', async () => {
  const shelf = new Shelf()
  shelf.full = true
  const play = stage([says('a', 'message', quarantine('x'), only(bob))], { shelf })
  assert.equal((await talk(play, [ann, bob])).data, 451)
  assert.deepEqual(play.nextHop.got, [])
  assert.match(play.traces[0]?.recipients[0]?.detail ?? '', /disk full/)
})

it('one transaction has one next hop: recipients of another are asked to come again', async () => {
  const [here, there] = [new Box('here'), new Box('there')]
  const play = stage([], { route: recipient => ({ transport: recipient === bob ? there : here, recipient }) })
  assert.deepEqual((await talk(play, [ann, bob, cy])).rcpts, [250, 452, 250])
  assert.deepEqual([here.got, there.got], [['ann', 'cy'], []])
})

it('SRV-11: the recipient after the last is told to come again', async () => {
  const play = stage([], { maxRecipients: 2 })
  assert.deepEqual((await talk(play, [ann, bob, cy])).rcpts, [250, 250, 452])
})

it('the same recipient named twice gets one copy', async () => {
  const play = stage([])
  assert.deepEqual((await talk(play, [ann, { ...ann }])).rcpts, [250, 250])
  assert.deepEqual(play.nextHop.got, ['ann'])
})

it('a second transaction starts afresh, and keeps what is known of the client', async () => {
  let looked = 0
  const fact = defineFact({ name: 'f', since: 'connect', find: () => ++looked })
  const scores: number[] = []
  const client = definePolicy({
    name: 'c',
    phase: 'connect',
    summary: '',
    reasons: { x: ['7.1', ''] },
    facts: () => ({ fact }),
    judge: () => score(3, 'x'),
  })
  const spy = definePolicy({
    name: 's',
    phase: 'message',
    summary: '',
    judge: ({ tally }) => {
      scores.push(tally.score)
      return pass()
    },
  })
  const { conversation, traces } = stage([
    testRule(client as AnyPolicy),
    says('m', 'mail', score(1, 'x')),
    testRule(spy as AnyPolicy),
  ])
  await conversation.connect()
  await conversation.helo('mx', { esmtp: true })
  for (const _ of [1, 2]) {
    await conversation.mail(null)
    await conversation.rcpt(ann)
    await conversation.message(letter())
  }
  assert.deepEqual([looked, scores], [1, [4, 4]])
  assert.deepEqual(
    traces.map(trace => [trace.id, trace.entries.length, trace.facts.length]),
    [
      ['S.1', 3, 1],
      ['S.2', 3, 1],
    ],
  )
})

it('what a later rule needs of the client is looked up at connect', async () => {
  let looked = 0
  const fact = defineFact({ name: 'f', since: 'connect', find: () => ++looked })
  const late = definePolicy({ name: 'l', phase: 'message', summary: '', facts: () => ({ fact }), judge: () => pass() })
  await stage([testRule(late as AnyPolicy)]).conversation.connect()
  assert.equal(looked, 1)
})

it('a client that turns out to be another is judged again', async () => {
  const byAddress = (ip: string): Verdict<'x'> => (ip === '192.0.2.1' ? reject('x') : pass())
  const policy = definePolicy({
    name: 'p',
    phase: 'connect',
    summary: '',
    reasons: { x: ['7.1', 'No'] },
    judge: ({ session }) => byAddress(session.client.ip),
  })
  const { conversation, traces } = stage([testRule(policy as AnyPolicy), says('h', 'helo', score(1, 'x'))])
  await conversation.connect()
  await conversation.helo('mx', { esmtp: true })
  await conversation.identify({ client: { ip: '192.0.2.99', port: 2 } })
  await conversation.mail(null)
  assert.equal((await conversation.rcpt(ann)).code, 250)
  conversation.close('quit')
  assert.deepEqual(
    traces[0]?.entries.map(entry => entry.rule),
    ['p', 'h'],
  )
})

it('a trace is recorded when all recipients were refused', async () => {
  const play = stage([says('a', 'connect', reject('x'))])
  await talk(play, [ann])
  play.conversation.close('quit')
  const [trace] = play.traces
  assert.deepEqual([play.traces.length, trace?.id, trace?.ending, trace?.recipients[0]?.outcome], [1, 'S.1', 'quit', 'rejected'])
})

it('a trace is recorded when the client left, and its recipients got nothing', async () => {
  const { conversation, traces, nextHop } = stage([])
  await conversation.connect()
  await conversation.helo('mx', { esmtp: true })
  await conversation.mail(ann)
  await conversation.rcpt(bob)
  conversation.close('disconnected')
  conversation.close('disconnected')
  assert.deepEqual(
    traces.map(trace => [trace.id, trace.ending, trace.recipients[0]?.outcome]),
    [['S.1', 'disconnected', 'left']],
  )
  assert.deepEqual(nextHop.got, [])
})

it('a trace is recorded when the client never sent MAIL', async () => {
  const { conversation, traces } = stage([says('a', 'connect', score(1, 'x'))])
  await conversation.connect()
  conversation.close('quit')
  assert.deepEqual(
    traces.map(trace => [trace.id, 'sender' in trace, trace.entries.length]),
    [['S.0', false, 1]],
  )
})

it('a transaction that is begun anew is recorded too', async () => {
  const { conversation, traces } = stage([])
  await conversation.connect()
  await conversation.helo('mx', { esmtp: true })
  await conversation.mail(ann)
  conversation.reset()
  await conversation.mail(bob)
  conversation.close('quit')
  assert.deepEqual(
    traces.map(trace => [trace.id, trace.ending, trace.sender]),
    [
      ['S.1', 'reset', 'ann@our.example'],
      ['S.2', 'quit', 'bob@our.example'],
    ],
  )
})

it('a message that broke the protocol is traced and goes nowhere', async () => {
  const { conversation, traces, nextHop } = stage([])
  await conversation.connect()
  await conversation.helo('mx', { esmtp: true })
  await conversation.mail(null)
  await conversation.rcpt(ann)
  const reply = conversation.refuseMessage({ code: 550, status: '5.5.2', text: 'A bare line feed' })
  assert.equal(reply.text, 'A bare line feed [S.1]')
  assert.deepEqual(
    [nextHop.got, traces[0]?.ending, traces[0]?.recipients[0]?.outcome],
    [[], 'refused by the protocol', 'rejected'],
  )
})

it('nothing is delivered for a client that left while its message was judged', async () => {
  const { promise, resolve } = Promise.withResolvers<Verdict<never>>()
  const slow = definePolicy({ name: 'slow', phase: 'message', summary: '', judge: () => promise })
  const { conversation, traces, nextHop } = stage([testRule(slow as AnyPolicy, { timeoutMs: 5000 })])
  await conversation.connect()
  await conversation.helo('mx', { esmtp: true })
  await conversation.mail(null)
  await conversation.rcpt(ann)
  const answer = conversation.message(letter())
  conversation.close('disconnected')
  resolve(pass())
  assert.equal((await answer).code, 451)
  assert.deepEqual([nextHop.got, traces.map(trace => trace.ending)], [[], ['disconnected']])
})

it('SRV-14: rules that use up the time for their phase follow onError', async () => {
  const hangs = definePolicy({ name: 'h', phase: 'message', summary: '', judge: () => new Promise<never>(() => {}) })
  const budgetMs = { connect: 100, helo: 100, mail: 100, rcpt: 100, message: 30 }
  const play = stage([testRule(hangs as AnyPolicy, { timeoutMs: 9999 }), says('b', 'message', reject('x'))], { budgetMs })
  assert.equal((await talk(play, [ann])).data, 550)
  assert.match(play.traces[0]?.entries[0]?.error ?? '', /took longer than/)
})

it('a bare postmaster is asked for under the address that the next hop knows', async () => {
  const hop = new Box()
  const postmaster: Address = { local: 'Postmaster', domain: '' }
  const play = stage([], { route: () => ({ transport: hop, recipient: to('postmaster') }) })
  assert.deepEqual([(await talk(play, [postmaster])).data, hop.asked, hop.got], [250, ['postmaster@our.example'], ['postmaster']])
})

it('the order of the configuration decides, whichever phase a rule judges at', async () => {
  const welcome = says('welcome', 'mail', accept('x'))
  const refuse = says('refuse', 'connect', reject('x'))
  assert.deepEqual((await talk(stage([welcome, refuse]), [ann])).rcpts, [250])
  assert.deepEqual((await talk(stage([refuse, welcome]), [ann])).rcpts, [550])
  const late = says('late', 'rcpt', accept('x'), only(bob))
  assert.deepEqual((await talk(stage([late, refuse]), [ann, bob])).rcpts, [550, 250])
})

it('a fault of ours is no delivery in the trace, and the next message is taken', async () => {
  let isBroken = true
  const annotate = (message: Message) => {
    if (isBroken) throw new Error('no such thing')
    return message
  }
  const play = stage([], { annotate: annotate })
  await assert.rejects(talk(play, [ann]), /no such thing/)
  const [recipient] = play.traces[0]?.recipients ?? []
  assert.deepEqual([recipient?.outcome, recipient?.detail], ['deferred', 'Error: no such thing'])
  isBroken = false
  await play.conversation.mail(null)
  await play.conversation.rcpt(ann)
  assert.equal((await play.conversation.message(letter())).code, 250)
  assert.deepEqual(play.nextHop.got, ['ann'])
})

it('who names ever more recipients is answered, and not written down', async () => {
  const play = stage([says('a', 'rcpt', defer('x'))], { maxRecipients: 2 })
  await play.conversation.connect()
  await play.conversation.helo('mx', { esmtp: true })
  await play.conversation.mail(null)
  for (let n = 0; n < 20; n++) assert.ok((await play.conversation.rcpt(to(`u${n}`))).code < 500)
  play.conversation.close('quit')
  assert.deepEqual([play.traces[0]?.recipients.length, play.traces[0]?.entries.length], [6, 6])
})
