/** A policy to start from: an option, a reason, a fact, and what the message says. The guide shows the same. */
export function policyText(name: string): string {
  return `import { definePolicy, pass, score, z } from 'postern'
import { reverseDns } from 'postern/facts'

/** Scores subjects in capitals, from clients whose name does not lead back to them. */
export default definePolicy({
  name: '${name}',
  phase: 'message',
  summary: 'Add points for a subject in capitals, when the name of the client does not lead back to it.',
  options: z.strictObject({
    points: z.number().min(0).default(2).describe('Points for such a message.'),
  }),
  reasons: {
    shouting: ['7.1', 'The subject of your message is written in capitals'],
  },
  facts: () => ({ reverseDns }),
  judge({ message, options, facts }) {
    const subject = message.header('subject') ?? ''
    if (facts.reverseDns.status === 'confirmed' || !isShouting(subject)) return pass()
    return score(options.points, 'shouting', subject)
  },
})

function isShouting(text: string): boolean {
  return text.length >= 10 && text === text.toUpperCase() && text !== text.toLowerCase()
}
`
}

/** Its test. */
export function testText(name: string): string {
  return `import { message, testPolicy } from 'postern/testing'
import policy from './${name}.ts'

const shouted = { message: message({ Subject: 'BUY NOW OR NEVER' }) }
const nameless = { reverseDns: { status: 'none', names: [] } } as const
const named = { reverseDns: { status: 'confirmed', name: 'mx.sender.example', names: ['mx.sender.example'] } } as const

testPolicy(policy, {
  'a shouted subject gets points': { given: shouted, facts: nameless, expect: 'score 2 shouting' },
  'as many as we say': { given: shouted, facts: nameless, options: { points: 5 }, expect: 'score 5 shouting' },
  'who has a name of its own may shout': { given: shouted, facts: named, expect: 'pass' },
  'an ordinary subject passes': { facts: nameless, expect: 'pass' },
  'a short one too': { given: { message: message({ Subject: 'FYI' }) }, facts: nameless, expect: 'pass' },
  'and so does one without letters': { given: { message: message({ Subject: '0123456789' }) }, facts: nameless, expect: 'pass' },
})
`
}
