import assert from 'node:assert/strict'
import { it } from 'node:test'
import { headerLimits, parseHeader } from '../../src/mail/header.ts'
import { MemoryMessage } from '../../src/mail/message.ts'

const fieldsOf = (...chunks: string[]) =>
  parseHeader(chunks.map(chunk => Buffer.from(chunk))).map(field => `${field.name}=${field.value}`)

it('a field may be folded over several lines', () => {
  assert.deepEqual(fieldsOf('Subject: one\r\n two\r\n\tthree\r\nFrom: a@b\r\n\r\nbody: no\r\n'), [
    'subject=one two\tthree',
    'from=a@b',
  ])
})

it('the first empty line ends the header, even if it is the first line', () => {
  assert.deepEqual(fieldsOf('\r\nSubject: in the body\r\n'), [])
})

it('a header without a body or a final line end is read to its end', () => {
  assert.deepEqual(fieldsOf('Subject: x\r\nFrom: y'), ['subject=x', 'from=y'])
})

it('a line that is no field is passed over', () => {
  assert.deepEqual(fieldsOf('no colon here\r\nsp ace: x\r\n: empty\r\nTo: z\r\n\r\n'), ['to=z'])
})

it('a header that is spread over chunks is read as one', () => {
  assert.deepEqual(fieldsOf('Sub', 'ject: x\r', '\nTo: y\r\n\r', '\nbody'), ['subject=x', 'to=y'])
})

it('a field tells where it stands, so that it can be cut out', () => {
  const bytes = Buffer.from('A: 1\r\nB: 2\r\n 3\r\nC: 4\r\n\r\n')
  const b = parseHeader([bytes])[1]
  assert.equal(bytes.toString('latin1', b?.start, b?.end), 'B: 2\r\n 3\r\n')
})

it('a header is read as far as the limits go', () => {
  const many = 'X: y\r\n'.repeat(headerLimits.fields + 10)
  assert.equal(parseHeader([Buffer.from(`${many}\r\n`)]).length, headerLimits.fields)
})

it('a message answers with the first field of a name, in any case', () => {
  const message = new MemoryMessage(Buffer.from('Subject: one\r\nSUBJECT: two\r\n\r\n'))
  assert.equal(message.header('subject'), 'one')
  assert.equal(message.header('Date'), undefined)
})

it('a value is UTF-8, of which no half is taken for white space', () => {
  assert.deepEqual(fieldsOf('Subject: \u00a0 voil\u00e0 \r\n'), ['subject=voil\u00e0'])
})
