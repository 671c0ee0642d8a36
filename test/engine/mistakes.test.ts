// Mistakes that the compiler must catch. Each is checked by tsc; none of it runs.
import { defineFact, definePolicy, pass, reject, z } from 'postern'
import { reverseDns } from 'postern/facts'
import { testPolicy } from 'postern/testing'
import dns from '../../policies/reverse-dns.ts'

const common = { name: 'mistake', summary: '' }
const options = z.strictObject({ n: z.number() })
const facts = () => ({ reverseDns })
const perRecipient = defineFact({ name: 'per-recipient', since: 'rcpt', find: () => 1 })
const subject = defineFact({ name: 'subject', since: 'message', find: ({ message }) => message.header('subject') ?? '' })

export function mistakes() {
  // @ts-expect-error there is no message at RCPT
  definePolicy({ ...common, phase: 'rcpt', judge: ({ message }) => (message ? pass() : pass()) })
  // @ts-expect-error nor is there anything that is found in one
  definePolicy({ ...common, phase: 'rcpt', facts: () => ({ subject }), judge: () => pass() })
  // @ts-expect-error a fact about one recipient says nothing about a message for many
  definePolicy({ ...common, phase: 'message', facts: () => ({ perRecipient }), judge: () => pass() })
  // @ts-expect-error a reason must be declared
  definePolicy({ ...common, phase: 'rcpt', reasons: { known: ['7.1', 'No'] }, judge: () => reject('unknown') })
  // @ts-expect-error even if it is the only one
  definePolicy({ ...common, phase: 'rcpt', judge: () => reject('unknown') })
  // @ts-expect-error a status has two numbers
  definePolicy({ ...common, phase: 'rcpt', reasons: { known: ['seven', 'No'] }, judge: () => reject('known') })
  // @ts-expect-error a refusal is permanent: its code is not 450
  definePolicy({ ...common, phase: 'rcpt', reasons: { known: ['7.1', 'No', 450] }, judge: () => reject('known') })
  // @ts-expect-error options have the type of their schema
  definePolicy({ ...common, phase: 'rcpt', options, judge: ({ options }) => (options.n.trim() ? pass() : pass()) })
  // @ts-expect-error reverse DNS never says "oops"
  definePolicy({ ...common, phase: 'rcpt', facts, judge: ({ facts }) => (facts.reverseDns.status === 'oops' ? pass() : pass()) })
  // @ts-expect-error a fact cannot wait for a later one
  defineFact({ name: 'early', since: 'mail', find: (_, { fact }) => fact(subject) })
  // @ts-expect-error a fact about a message is the same for all its recipients
  defineFact({ name: 'partial', since: 'message', find: ({ recipients }) => recipients })
  // @ts-expect-error a test cannot expect what the policy cannot say
  testPolicy(dns, { title: { expect: 'reject unknown' } })
  // @ts-expect-error nor can it make up findings
  testPolicy(dns, { title: { facts: { reverseDns: { status: 'maybe', names: [] } }, expect: 'pass' } })
}
