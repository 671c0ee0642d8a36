import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { defineFact, z } from 'postern'
import { expressionPolicy } from 'postern/expression'
import { testPolicy } from 'postern/testing'
import policy from '../../policies/expression.ts'
import type { AnyPolicy } from '../../src/engine/policy.ts'
import { ordinary } from '../../src/testing.ts'

const options = (when: string, rest: object = {}) => policy.options.parse({ when, ...outcome('score 3'), ...rest })
const outcome = (then: string) => ({ then })
const specialised = (when: string, rest: object = {}): AnyPolicy => policy.specialise?.(options(when, rest)) ?? policy

const noName = { reverseDns: { status: 'none', names: [] } } as const
const spf = (result: string) => ({ spf: { result, domain: 'sender.example', identity: 'mailfrom' } })
const line = 'facts.reverseDns.status == "none" && !(facts.spf.result == "pass")'

testPolicy(policy, {
  'a client without a name for whom nobody vouches gets points': {
    facts: { ...noName, ...spf('fail') },
    options: { when: line, ...outcome('score 3') },
    expect: 'score 3 matched',
  },
  'one for whom somebody vouches does not': {
    facts: { ...noName, ...spf('pass') },
    options: { when: line, ...outcome('score 3') },
    expect: 'pass',
  },
  'a network is refused': {
    options: { when: 'session.client.ip.inNetwork("192.0.2.0/24")', ...outcome('reject "5.7.1 No"') },
    expect: 'reject matched',
  },
  'a bounce has an empty sender': {
    given: { sender: null },
    options: { when: 'sender.address == "" && sender.domain == ""', ...outcome('quarantine 2 "odd"') },
    expect: 'quarantine 2 matched',
  },
  'recipients are known with the message': {
    options: { when: 'recipients.all(one, one.local == "bob") && message.size < 1000', ...outcome('accept') },
    expect: 'accept matched',
  },
})

describe('the policy that options make', () => {
  it('judges at the earliest phase at which all is known', () => {
    const phaseOf = (when: string, rest?: object) => specialised(when, rest).phase
    assert.equal(phaseOf('session.client.ip == "192.0.2.1"'), 'connect')
    assert.equal(phaseOf('session.helo == "x"'), 'helo')
    assert.equal(phaseOf(line), 'mail')
    assert.equal(phaseOf('recipient.local == "bob" && facts.spf.result == "fail"'), 'rcpt')
    assert.equal(phaseOf('facts.dmarc.result == "fail"'), 'message')
    assert.equal(phaseOf(line, { at: 'rcpt' }), 'rcpt')
  })

  it('asks for the facts that its expression mentions, and for no others', () => {
    assert.deepEqual(Object.keys(policy.facts(options(line))), ['reverseDns', 'spf'])
    assert.deepEqual(Object.keys(policy.facts(options('session.helo == "x"'))), [])
  })

  it('refuses in the words of its line, and says in the trace which line it was', async () => {
    const { reasons, judge } = specialised('session.helo == "mx.sender.example"', outcome('reject "554 5.7.1 Not you, {client}"'))
    assert.deepEqual(reasons, { matched: ['7.1', 'Not you, {client}', 554] })
    const said = await judge({
      ...ordinary(),
      options: options('session.helo == "mx.sender.example"', outcome('reject "x"')),
      facts: {},
    })
    assert.deepEqual(said, { action: 'reject', reason: 'matched', detail: 'session.helo == "mx.sender.example"' })
  })

  it('brings evidence of the kind that it is given', () => {
    assert.equal(specialised(line, { evidence: 'ip-identity' }).evidence, 'ip-identity')
    assert.equal(specialised(line).evidence, 'other')
  })
})

describe('facts of an administrator', () => {
  const parity = defineFact({
    name: 'client-port',
    since: 'connect',
    schema: z.strictObject({ parity: z.enum(['odd', 'even']), port: z.int() }),
    find: ({ session }) => ({
      parity: session.client.port % 2 === 1 ? ('odd' as const) : ('even' as const),
      port: session.client.port,
    }),
  })

  it('can be mentioned when they have a schema', async () => {
    const own: AnyPolicy = expressionPolicy('own', [parity])
    const parsed = own.options.parse({
      when: 'facts.clientPort.parity == "odd" && facts.clientPort.port > 1',
      ...outcome('tag'),
    })
    assert.deepEqual(own.facts(parsed), { clientPort: parity })
    const facts = { clientPort: await parity.find(ordinary(), {} as never) }
    assert.deepEqual(await own.judge({ ...ordinary(), options: parsed, facts }), {
      action: 'tag',
      reason: 'matched',
      detail: 'facts.clientPort.parity == "odd" && facts.clientPort.port > 1',
    })
  })

  it('are refused without one', () => {
    const own = expressionPolicy('own', [defineFact({ name: 'mute', since: 'connect', find: () => 1 })])
    assert.throws(() => own.options.parse({ when: 'true', ...outcome('tag') }), /The fact mute has no schema/)
  })
})
