import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { deadList } from 'postern/facts'
import { parse } from 'yaml'
import { readConfiguration } from '../../src/cli/startup.ts'

// What the rules make of mail is test/functional/scenarios.test.ts.

const folder = join(import.meta.dirname, '../../policies')
const text = readFileSync(join(folder, 'default.yaml'), 'utf8')
const rules: readonly { readonly use: string; readonly name?: string; readonly options?: object }[] = parse(text)

/** Those that do nothing until somebody says what they shall do; the file tells of them. */
const left = ['attachment', 'allow-domain', 'expression']

describe('the default set', () => {
  it('uses every policy, or tells of it', () => {
    const used = new Set([...rules.map(({ use }) => use), ...left])
    const names = readdirSync(folder).filter(file => file.endsWith('.ts'))
    assert.deepEqual([...used].map(use => `${use}.ts`).sort(), names.sort())
    for (const name of left) assert.match(text, new RegExp(`^# - use: ${name}$`, 'm'))
  })

  it('gives every rule a name of its own', () => {
    const names = rules.map(({ use, name = use }) => name)
    assert.equal(new Set(names).size, names.length)
  })

  it('asks no list that is dead', () => {
    const zones = [...text.matchAll(/^[ \t-]*(?:- )?(?:zone|dnswl): ([a-z0-9.-]+)/gm)].map(([, zone]) => zone ?? '')
    assert.ok(zones.length >= 6)
    assert.deepEqual(
      zones.filter(zone => deadList(zone) !== undefined),
      [],
    )
  })

  it('is what an administrator gets who says nothing about rules, and what the example shows', async () => {
    const example = await readConfiguration(join(folder, '../postern.example.yaml'))
    assert.ok('value' in example)
    assert.deepEqual(
      example.value.rules.map(({ name }) => name),
      rules.map(({ use, name = use }) => name),
    )
  })
})
