import assert from 'node:assert/strict'
import { it } from 'node:test'
import { parseDocument } from '../../src/config/document.ts'
import { formatProblem, type Path } from '../../src/config/problem.ts'

function documentOf(text: string) {
  const parsed = parseDocument('f.yaml', text)
  assert.ok('value' in parsed)
  return parsed.value
}

function problemsOf(text: string): string[] {
  const parsed = parseDocument('f.yaml', text)
  return 'problems' in parsed ? parsed.problems.map(formatProblem) : []
}

const text = `# a comment
relay:
  example.org: { to: "smtp://hop", tls: off }
list: [one, &two { a: 1 }, *two]
empty:
`

it('a value, a key and an item have their positions, from one', () => {
  const document = documentOf(text)
  const at = (path: Path) => Object.values(document.position(path)).join(':')
  const key = (path: Path) => Object.values(document.keyPosition(path)).join(':')
  assert.equal(at(['relay', 'example.org', 'tls']), '3:41')
  assert.equal(key(['relay', 'example.org', 'tls']), '3:36')
  assert.equal(at(['list', 0]), '4:8')
  assert.equal(at(['list', 1, 'a']), '4:23')
})

it('what is missing is shown at what surrounds it', () => {
  const document = documentOf(text)
  assert.deepEqual(document.position(['relay', 'example.org', 'identity']), { line: 3, column: 16 })
  assert.deepEqual(document.position(['nothing']), { line: 2, column: 1 })
  assert.deepEqual(document.position(['list', 7]), { line: 4, column: 7 })
})

it('a key without a value is shown at the key', () => {
  assert.deepEqual(documentOf(text).position(['empty']), { line: 5, column: 1 })
})

it('an alias is followed', () => {
  const document = documentOf(text)
  assert.deepEqual(document.data, {
    relay: { 'example.org': { to: 'smtp://hop', tls: 'off' } },
    list: ['one', { a: 1 }, { a: 1 }],
    empty: null,
  })
  assert.deepEqual(document.position(['list', 2, 'a']), { line: 4, column: 23 })
})

it('an empty file is nothing, at its start', () => {
  const document = documentOf('')
  assert.deepEqual([document.data, document.position(['x'])], [null, { line: 1, column: 1 }])
})

it('mistakes of YAML are told in words, with what was found', () => {
  assert.deepEqual(problemsOf('a:\n\t- b\n'), ['f.yaml:2:1: YAML: expected spaces, found a tab'])
  assert.deepEqual(problemsOf('a: b: c\n'), [
    'f.yaml:1:4: YAML: expected well-formed YAML, found "b: c" (nested mappings are not allowed in compact mappings)',
  ])
  assert.deepEqual(problemsOf('a: 1\nb: 2\na: 3\nb: 4\n'), [
    'f.yaml:3:1: YAML: expected each key once, found "a" again',
    'f.yaml:4:1: YAML: expected each key once, found "b" again',
  ])
  assert.deepEqual(problemsOf('a: [*.nobody.example]\n'), [
    'f.yaml:1:5: YAML: expected quotes around "*.nobody.example", or an anchor &.nobody.example before it, found "*.nobody.example"',
  ])
  assert.match(problemsOf('? [a]\n: 1\n')[0] ?? '', /^f\.yaml:1:3: YAML: /)
})

it('a file beyond a megabyte is not read', () => {
  assert.deepEqual(problemsOf(`a: ${'x'.repeat(1024 * 1024)}`), [
    'f.yaml:1:1: YAML: expected at most 1048576 bytes, found 1048579',
  ])
})

it('what is quoted from the file is safe to print', () => {
  const [line = ''] = problemsOf('a: "\x9b\x1b[2J\n')
  assert.doesNotMatch(line, /[\x00-\x1f\x7f-\x9f]/)
})
