import assert from 'node:assert/strict'
import { it } from 'node:test'
import { testPolicy } from 'postern/testing'
import policy from '../../policies/null-sender.ts'

const ours = { bounce: { messageIds: ['<1@our.example>'] } } as const
const [atRcpt] = policy.also
const ann = { local: 'ann', domain: 'our.example' }

testPolicy(policy, {
  'a bounce of our own mail is welcome': {
    given: { sender: null },
    options: { sent: ['1@our.example'] },
    facts: ours,
    expect: 'score -2 answer',
  },
  'a bounce of what we have not sent is backscatter': {
    given: { sender: null },
    options: { sent: ['<2@our.example>'] },
    facts: ours,
    expect: 'score 3 not-ours',
  },
  'while nobody knows what we have sent, no bounce is called forged': { given: { sender: null }, facts: ours, expect: 'pass' },
  'mail with a sender is no bounce': { options: { sent: ['2@our.example'] }, facts: ours, expect: 'pass' },
})

it('what has been sent is a list of Message-IDs, however they are written', () => {
  const sent = policy.options.parse({ sent: ['<1@a.example>', '2@a.example', 'Message-ID: <3@a.example>'] }).sent
  assert.deepEqual([...sent], ['<1@a.example>', '<2@a.example>', '<3@a.example>'])
  for (const wrong of ['no id', '<a b@c.example>', '<1@a.example> <2@a.example>']) {
    assert.equal(policy.options.safeParse({ sent: [wrong] }).success, false, wrong)
  }
})

it('null-sender judges recipients as well', () => assert.equal(atRcpt?.phase, 'rcpt'))

if (atRcpt) {
  testPolicy(atRcpt, {
    'SRV-10: a bounce has one recipient': { given: { sender: null, others: [] }, expect: 'pass' },
    'and is asked to come again for the second': { given: { sender: null, others: [ann] }, expect: 'defer one-recipient' },
    'other mail may have many': { given: { others: [ann] }, expect: 'pass' },
    'bounces may, too, where that is wanted': {
      options: { oneRecipient: false },
      given: { sender: null, others: [ann] },
      expect: 'pass',
    },
  })
}
