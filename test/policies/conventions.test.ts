import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { factsPage } from '../../scripts/reference/facts.ts'
import { optionRows } from '../../scripts/reference/options.ts'
import { policiesPage } from '../../scripts/reference/policies.ts'
import type { AnyPolicy, Reason } from '../../src/engine/policy.ts'

const folder = join(import.meta.dirname, '../../policies')
const files = readdirSync(folder).filter(file => file.endsWith('.ts'))
const policies: AnyPolicy[] = await Promise.all(files.map(async file => (await import(join(folder, file))).default))

const isSentence = (text: string) => /^[A-Z].*\.$/.test(text)

describe('policies', () => {
  for (const policy of policies) {
    it(`${policy.name} says what it does, and what each option means, in sentences`, () => {
      const texts = [policy.summary, ...optionRows(policy.options).map(({ description }) => description)]
      assert.deepEqual(
        texts.filter(text => !isSentence(text)),
        [],
      )
    })

    it(`${policy.name} works without any option, or shows one way to give them`, () => {
      const { examples: [example = {}] = [] } = z.toJSONSchema(policy.options, { io: 'input' })
      assert.ok(policy.options.safeParse(example).success)
    })

    it(`${policy.name} gives reasons that fit a reply and reveal nothing`, () => {
      const reasons: Readonly<Record<string, Reason>> = policy.reasons
      for (const [status, text] of Object.values(reasons)) {
        assert.match(status, /^\d{1,2}\.\d{1,3}$/)
        assert.match(text, /^[\x20-\x7e]{1,120}$/)
        assert.doesNotMatch(text.replaceAll(/\{(?:client|helo|sender)\}/g, ''), /[{}]|\d+ points/)
      }
    })
  }
})

describe('the reference', () => {
  it('has a section for each policy, and for each fact that one needs', async () => {
    const [ofPolicies, ofFacts] = [await policiesPage(), await factsPage()]
    for (const { name } of policies) assert.ok(ofPolicies.includes(`\n## ${name}\n`), name)
    const needed = [...ofPolicies.matchAll(/facts\.md#([\w-]+)/g)].map(match => match[1])
    for (const name of needed) assert.ok(ofFacts.includes(`\n## ${name}\n`), name)
  })
})
