import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseDocument } from '../../src/config/document.ts'

/** Where each character of `word` stands that is not white space: in the value, and by our reckoning in the file. */
function found(text: string): { readonly value: string; readonly at: readonly string[] } {
  const document = parseDocument('x.yaml', text)
  assert.ok('value' in document)
  const { a: value } = document.value.data as { readonly a: string }
  const lines = text.split('\n')
  const at = [...value].map((_, offset) => {
    const { line, column } = document.value.positionIn(['a'], offset)
    return lines[line - 1]?.[column - 1] ?? ''
  })
  return { value, at }
}

const styles: Readonly<Record<string, string>> = {
  plain: 'a: one two  three # four\n',
  'plain, over lines': 'a: one\n  two\n\n  three\nb: 1\n',
  'in single quotes': "a: 'one ''two'' three'\n",
  'in single quotes, over lines': "a: 'one\n  two\n\n  three'\n",
  'in double quotes, over lines': 'a: "one\n  two \\\n  three"\n',
  folded: 'a: >-\n  one\n    two\n  three\n\n  four\nb: 1\n',
  'folded, with a comment in its header': 'a: >- # one\n  one\n  two\n',
  literal: 'a: |\n  one\n\n    two\n  three\nb: 1\n',
  'literal, with its indentation told': 'a: |2-\n    one\n   two\n',
  'in a flow': 'a: one == two\n',
}

describe('a character of a scalar', () => {
  for (const [style, text] of Object.entries(styles)) {
    it(`is found where it stands: ${style}`, () => {
      const { value, at } = found(text)
      for (const [index, character] of [...value].entries())
        if (/\S/.test(character)) assert.equal(at[index], character, `${index}`)
    })
  }

  it('that is written as an escape is found where the escape begins', () => {
    const { value, at } = found('a: "\\"\\u0041\\x42\\n\\tC\\\\\\u0020\\U00000044"\n')
    assert.equal(value, '"AB\n\tC\\ D')
    assert.equal(at.filter((_, index) => /\S/.test(value[index] ?? '')).join(''), '\\\\\\C\\\\')
  })

  it('behind the last one is the end of the text', () => {
    const document = parseDocument('x.yaml', 'a: one\n')
    assert.ok('value' in document)
    assert.deepEqual(document.value.positionIn(['a'], 3), { line: 1, column: 7 })
  })
})
