import assert from 'node:assert/strict'
import { it } from 'node:test'
import { visible, visibleJson } from '../../src/report/visible.ts'

const clear = '\x1b[2J'
const c1 = '\x9b31m'
const rightToLeft = '\u202egpj.exe'

it('control characters of both sets, and marks that turn text round, are spelt out', () => {
  assert.equal(visible(`a${clear}b${c1}c\r\n${rightToLeft}`), 'a\\u{1b}[2Jb\\u{9b}31mc\\u{d}\\u{a}\\u{202e}gpj.exe')
})

it('all other text stays as it is', () => {
  assert.equal(visible('Grüße, 世界 🙂 <a@b.example>'), 'Grüße, 世界 🙂 <a@b.example>')
})

it('JSON keeps its data, without a raw control character', () => {
  const data = { text: `${clear}${c1}${rightToLeft}\u2028`, list: [1, null] }
  const json = visibleJson(data, 2)
  assert.deepEqual(JSON.parse(json), data)
  assert.doesNotMatch(json.replaceAll('\n', ''), /[\x00-\x1f\x7f-\x9f\u2028\u202e]/)
  assert.equal(visibleJson(undefined), 'null')
})
