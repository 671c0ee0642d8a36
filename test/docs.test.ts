import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { readConfiguration } from '../src/cli/startup.ts'
import { formatProblem } from '../src/config/problem.ts'

const docs = join(import.meta.dirname, '../docs')
const examples = readdirSync(join(docs, 'examples')).filter(file => file.endsWith('.yaml'))
const pages = readdirSync(docs).filter(file => file.endsWith('.md'))
const textOf = (file: string) => readFileSync(join(docs, file), 'utf8')

describe('examples in the documentation', () => {
  for (const example of examples) {
    it(`${example} is a configuration without a fault`, async () => {
      const configuration = await readConfiguration(join(docs, 'examples', example))
      assert.deepEqual('problems' in configuration ? configuration.problems.map(formatProblem) : [], [])
    })
  }

  it('are the files that are checked', () => {
    const shown = pages.flatMap(page => [...textOf(page).matchAll(/^```(?:yaml|ts)\n([\s\S]*?)^```/gm)].map(([, text]) => text))
    const policies = readdirSync(join(docs, 'examples/policies')).map(file => join('policies', file))
    const checked = [...examples, ...policies].map(example => textOf(join('examples', example)))
    assert.deepEqual(
      shown.filter(text => !checked.includes(text ?? '')),
      [],
    )
    assert.ok(shown.length > 0)
  })

  it('links lead to files that exist', () => {
    const links = pages.flatMap(page => [...textOf(page).matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link]) => link ?? ''))
    for (const link of links) assert.doesNotThrow(() => readFileSync(join(docs, link)), link)
  })
})
