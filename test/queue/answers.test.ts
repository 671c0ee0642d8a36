import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { greylistHint, remoteOf, scopeOf } from '../../src/queue/answers.ts'
import { limitsOf } from '../../src/queue/providers.ts'
import { waitAfter } from '../../src/queue/settings.ts'
import { temporary, unreachable } from './stage.ts'

describe('what servers say', () => {
  it('the server and its own words are told apart from what we say of it', () => {
    assert.deepEqual(remoteOf(temporary('451 4.3.0 Not now')), {
      server: 'smtp://mx.there.example:25',
      said: '451 4.3.0 Not now',
      code: 451,
    })
    assert.deepEqual(remoteOf(unreachable), { server: 'smtp://mx.there.example:25' })
    assert.deepEqual(remoteOf({ code: 451, status: '4.0.0', text: '' }), {})
  })

  it('what is about one recipient holds up no other', () => {
    assert.equal(scopeOf(temporary('452 4.2.2 Mailbox full'), 'asked'), 'recipient')
    assert.equal(scopeOf(unreachable, 'asked'), 'destination')
    assert.equal(scopeOf(unreachable, 'sent'), 'message')
    assert.equal(scopeOf(temporary('421 4.3.2 Going down'), 'sent'), 'destination')
    assert.equal(scopeOf({ code: 550, status: '5.7.1', text: 'rate limited for ever' }, 'asked'), 'recipient')
  })

  it('a hint is one only where somebody asks to wait', () => {
    assert.equal(greylistHint(temporary('451 4.7.1 Greylisted for 5 minutes')), 300_000)
    assert.equal(greylistHint(temporary('451 4.7.1 Greylisted')), undefined)
    assert.equal(greylistHint(temporary('452 4.2.2 Over quota by 300 s')), undefined)
    assert.equal(greylistHint({ code: 550, status: '5.7.1', text: 'Greylisted for 5 minutes' }), undefined)
  })

  it('waits differ by a tenth at most', () => {
    assert.deepEqual(
      [0, 0.5, 1].map(chance => waitAfter(0, [1000, 2000], () => chance)),
      [900, 1000, 1100],
    )
    assert.equal(
      waitAfter(7, [1000, 2000], () => 0.5),
      2000,
    )
  })

  it('the longest end of a provider’s name counts', () => {
    assert.equal(limitsOf('mta5.am0.yahoodns.net').messages, 20)
    assert.equal(limitsOf('x.olc.protection.outlook.com').connections, 5)
    assert.deepEqual(limitsOf('mx.small.example'), { connections: 20, messages: 100 })
    assert.equal(limitsOf('mx.small.example', { 'small.example': { connections: 1, messages: 1 } }).connections, 1)
  })
})
