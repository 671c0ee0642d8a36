import assert from 'node:assert/strict'
import { it } from 'node:test'
import { parseDocument } from '../../src/config/document.ts'
import { planRules } from '../../src/config/rule-list.ts'
import { putInForce } from '../../src/config/rules-in-force.ts'
import { explain } from '../../src/report/explain.ts'
import { withRecordedFacts } from '../../src/report/replay.ts'
import { memoryStore } from '../../src/testing.ts'
import { send, startGateway } from './gateway.ts'

const noName = `{ name: no-name, use: expression, options: { when: facts.reverseDns.status == "none" && facts.spf.result != "pass", then: score 3 } }`
const refused = `{ name: no-bob, use: expression, options: { when: 'recipient.local == "bob"', then: 'reject "554 5.7.1 Not from {client}"' } }`

it('a line refuses at RCPT in its own words, and the trace says which line it was', async () => {
  await using gateway = await startGateway({ rules: `[${noName}, ${refused}]` })
  const { rcpts } = await send(await gateway.client('203.0.113.66'), { recipients: ['bob@our.example', 'anna@our.example'] })
  assert.match(
    `${rcpts[0]?.code} ${rcpts[0]?.text}`,
    /^554 5\.7\.1 Not from 203\.0\.113\.66; questions to postmaster@our\.example \[/,
  )
  assert.equal(rcpts[1]?.code, 250)
  const [trace] = gateway.traces
  assert.ok(trace)
  assert.deepEqual(trace.facts.map(({ fact }) => fact).toSorted(), ['reverse-dns', 'spf'])
  const text = explain({ trace, concerns: () => true, flips: [], mode: 'enforce' })
  assert.match(text, /no-name .*\+3.*matched: facts\.reverseDns\.status == "none" && facts\.spf\.result != "pass"/)
  assert.match(text, /no-bob .*reject.*matched: recipient\.local == "bob"/)
})

it('a line that cannot be said to be true or false is an error of the rule, and refuses nothing', async () => {
  const broken = (name: string, more = '') =>
    `{ name: ${name}, use: expression, options: { when: "1 / size(session.violations) == 1", then: reject }${more} }`
  await using gateway = await startGateway({ rules: `[${broken('passes')}]` })
  assert.equal((await send(await gateway.client())).data?.code, 250)
  assert.match(gateway.traces[0]?.entries[0]?.error ?? '', /division by zero/)
  await using other = await startGateway({ rules: `[${broken('waits', ', onError: defer')}]` })
  assert.equal((await send(await other.client())).rcpts[0]?.code, 451)
})

it('another line is judged by what the trace holds, without a question to anybody', async () => {
  await using gateway = await startGateway({ rules: `[${noName}]` })
  await send(await gateway.client('203.0.113.66'))
  const trace = JSON.parse(JSON.stringify(gateway.traces[0]))
  const document = parseDocument('new.yaml', `[${noName.replace('score 3', 'tag')}]`)
  assert.ok('value' in document)
  const planned = await planRules({ document: document.value, at: [], folder: '.', ours: { ownNames: [], ownDomains: [] } })
  assert.ok('value' in planned)
  const rules = planned.value.flatMap(rule =>
    putInForce(
      rule,
      memoryStore(() => new Date()),
    ),
  )
  const [rule] = withRecordedFacts(rules, trace)
  assert.ok(rule)
  const facts = Object.fromEntries(Object.entries(rule.facts).map(([name, fact]) => [name, fact.find({} as never, {} as never)]))
  const verdict = await rule.policy.judge({ session: trace.session, options: rule.options, facts })
  assert.equal(verdict.action, 'tag')
})
