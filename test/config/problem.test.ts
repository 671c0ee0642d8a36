import assert from 'node:assert/strict'
import { it } from 'node:test'
import { formatProblem, formatProblems } from '../../src/config/problem.ts'

const problem = { file: 'f.yaml', line: 1, column: 2, what: 'rules', expected: 'a zone', found: '"x"' }

it('a mistake beside the key of a blocklist does not show it', () => {
  const found = '"0123456789abcdefghijklmnop.zen.dq.spamhaus.net:53"'
  assert.equal(formatProblem({ ...problem, found }), 'f.yaml:1:2: rules: expected a zone, found "<key>.zen.dq.spamhaus.net:53"')
})

it('long words are words', () => {
  const found = '"donaudampfschifffahrtsgesellschaft.example"'
  assert.ok(formatProblem({ ...problem, found }).endsWith(found))
})

it('a list that is no list has thousands of mistakes, of which the first are told', () => {
  const many = Array.from({ length: 5000 }, (_, line) => ({ ...problem, line }))
  const lines = formatProblems(many)
  assert.deepEqual([lines.length, lines.at(-1)], [21, 'and 4980 more'])
})

it('a mistake that is reached in two ways is told once', () => {
  assert.equal(formatProblems([problem, problem]).length, 1)
})
