import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { defineFact, z } from '../../src/index.ts'
import { read, trouble } from './reading.ts'

// Whoever sends us mail decides how long the lists and texts are that an expression goes through.

const words = defineFact({
  name: 'words',
  since: 'connect',
  schema: z.strictObject({
    text: z.string(),
    list: z.array(z.string()),
    groups: z.array(z.strictObject({ names: z.array(z.string()) })),
  }),
  find: () => ({ text: '', list: [], groups: [] }),
})

const judge = (text: string, found: object) =>
  read(text, [words]).holds({}, { words: { text: '', list: [], groups: [], ...found } })

describe('an expression that could take long is refused', () => {
  const inside = [
    'facts.mime.attachments.exists(a, facts.mime.attachments.exists(b, a.name == b.name))',
    'facts.mime.attachments.exists(a, has(a.archive) && a.archive.names.exists(n, a.archive.names.exists(m, n == m)))',
    'facts.headers.addressees.all(a, facts.headers.receivedBy.exists(b, a == b))',
    'facts.headers.addressees.all(a, a in facts.headers.receivedBy)',
    '[facts.headers.answers, facts.headers.answers].exists(a, a.exists(b, [1, 2, 3, 4, 5, 6, 7, 8].exists(c, a.exists(d, d == b))))',
    'facts.headers.addressees.filter(a, true).exists(a, facts.headers.addressees.filter(b, b == a).size() > 1)',
  ]
  for (const text of inside) {
    it(text, () =>
      assert.match(
        trouble(text) ?? '',
        /^0: expected at most 1000000 steps to judge, .* found an expression that could take \d{7,}$/,
      ),
    )
  }

  it('but one that goes through a list of each element is not', () => {
    const names = 'facts.mime.attachments.exists(a, has(a.archive) && a.archive.names.exists(n, n.endsWith(".exe")))'
    assert.equal(trouble(names), undefined)
    assert.equal(trouble('facts.mime.attachments.exists(a, [".exe", ".scr"].exists(e, a.name.endsWith(e)))'), undefined)
  })
})

describe('what cannot be looked through is an error of the rule, and no verdict', () => {
  it('long lists', () => {
    const list = Array(5000).fill('x')
    assert.throws(() => judge('facts.words.list.exists(a, a == "y")', { list }), /more than 4096 elements/)
    const groups = Array.from({ length: 50 }, () => ({ names: Array(100).fill('x') }))
    assert.throws(() => judge('facts.words.groups.exists(g, g.names.exists(n, n == "y"))', { groups }), /more than 4096 elements/)
  })

  it('long texts', () => {
    assert.throws(() => judge('facts.words.text.contains("y")', { text: 'x'.repeat(70_000) }), /more than 65536 characters/)
    const found = { text: 'x'.repeat(60_000), list: Array(4000).fill('x') }
    assert.throws(() => judge('facts.words.list.exists(a, facts.words.text.contains(a + "y"))', found), /too much to read/)
  })

  it('texts that are searched too often', () => {
    const found = { text: 'x'.repeat(60_000), list: Array(60).fill('x') }
    assert.equal(judge('facts.words.text.regex("(x+)+y")', found), false)
    assert.throws(() => judge('facts.words.list.exists(a, facts.words.text.regex("(x+)+(y|z){50}"))', found), /searched so often/)
    assert.match(trouble(`session.helo.regex("${'(a{30}){30}'.repeat(2)}")`) ?? '', /^19: .* found one that is too big$/)
  })

  it('what is not as its schema says', () => {
    assert.throws(() => judge('facts.words.list.size() == 1', { list: 'x' }), /facts\.words\.list is not what its schema says/)
  })
})

describe('an expression that cannot be said to be true or false throws', () => {
  it('a division by zero', () => {
    assert.throws(() => judge('size(facts.words.list) / size(facts.words.list) == 1', {}), /division by zero/)
  })

  it('an element that is not there', () => {
    assert.throws(() => judge('facts.words.list[0] == "x"', {}), /index out of bounds/)
  })

  it('a field that is not there, where nobody has asked', () => {
    const known = { sender: { local: 'a', domain: 'b.example' }, session: { client: { ip: '192.0.2.1', port: 1 } } }
    const expression = read('has(session.user) || session.user == "x"', [words])
    assert.throws(
      () => expression.holds({ ...known, session: { ...known.session, id: '', listener: 'mx', helo: '', violations: [] } }, {}),
      /No such key: user/,
    )
  })
})
