import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { defineFact } from '../../src/engine/fact.ts'
import * as facts from '../../src/facts/index.ts'
import { findFact } from '../../src/testing.ts'

const answer = z.strictObject({ answer: z.enum(['yes', 'no']) })

describe('the schema of a fact', () => {
  it('and what the fact finds are one type', () => {
    const since = 'connect'
    // @ts-expect-error: the schema knows no such answer
    defineFact({ name: 'wide', since, schema: answer, find: () => ({ answer: 'perhaps' as 'yes' | 'no' | 'perhaps' }) })
    // @ts-expect-error: the schema knows no such field
    defineFact({ name: 'other', since, schema: answer, find: (): { reply: string } => ({ reply: 'yes' }) })
    assert.ok(defineFact({ name: 'right', since, schema: answer, find: () => ({ answer: 'yes' as const }) }))
  })

  it('is there for all of them, those about lists included', () => {
    const lists = [facts.dnsbl, facts.dnswl, facts.domainList].map(make => make('list.example'))
    for (const { name, schema } of [...facts.everyFact, ...lists]) assert.ok(schema, name)
  })

  it('fails the test of a fact that finds something else', async () => {
    const liar = defineFact({ name: 'liar', since: 'connect', schema: answer, find: () => JSON.parse('{ "answer": "perhaps" }') })
    await assert.rejects(findFact(liar), /Invalid option/)
  })

  for (const fact of facts.everyFact) {
    it(`fits what ${fact.name} finds of an ordinary case`, async () => {
      assert.notEqual(await findFact(fact), undefined)
    })
  }
})
