import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { headers } from 'postern/facts'
import { findFact } from 'postern/testing'
import { cpuMs } from '../../fixtures/cpu-time.ts'
import { letter, messageOf } from './authentication.ts'

const find = (content: string) => findFact(headers, { message: messageOf(`${content}\r\n\r\n`) })

describe('headers', () => {
  it('says what the header of a letter says', async () => {
    assert.deepEqual(await findFact(headers, { message: messageOf(letter) }), {
      fromFields: 1,
      authors: [{ local: 'ann', domain: 'sender.example' }],
      isFromAmbiguous: false,
      namesSender: false,
      date: '2026-11-24T08:00:00.000Z',
      messageId: '<1@sender.example>',
      answers: [],
      addressees: ['bob@our.example'],
      receivedBy: [],
      hops: 0,
      fields: 5,
    })
  })

  it('finds little in a message that has no header', async () => {
    const { fromFields, authors, isFromAmbiguous, date, messageId, listId, fields } = await find('')
    assert.deepEqual(
      [fromFields, authors, isFromAmbiguous, date, messageId, listId, fields],
      [0, [], false, undefined, undefined, undefined, 0],
    )
  })

  it('DM-01: counts the From fields, and the authors of all', async () => {
    const found = await find('From: ann@sender.example, "B" <b@other.example>\r\nFROM : eve@evil.example\r\nX-From: x@x.example')
    assert.equal(found.fromFields, 2)
    assert.deepEqual(
      found.authors.map(({ local }) => local),
      ['ann', 'b', 'eve'],
    )
    assert.equal(found.isFromAmbiguous, false)
  })

  it('does not read a thousand From fields', async () => {
    const found = await find('From: a@b.example\r\n'.repeat(990).trimEnd())
    assert.deepEqual([found.fromFields, found.authors.length, found.isFromAmbiguous], [990, 3, true])
  })

  it('reads the dates of RFC 5322, old ones too, and no others', async () => {
    const dates: Readonly<Record<string, string>> = {
      'Tue, 24 Nov 2026 08:00:00 +0000': '2026-11-24T08:00:00.000Z',
      '24 Nov 2026 08:00 +0130': '2026-11-24T06:30:00.000Z',
      'Tue,  4 Nov 2026 08:00:00 -0500 (EST)': '2026-11-04T13:00:00.000Z',
      'Tue,\r\n\t24 Nov 2026 08:00:00 +0000\r\n (UTC)': '2026-11-24T08:00:00.000Z',
      'Tue, 24 Nov 26 08:00:00 GMT': '2026-11-24T08:00:00.000Z',
      'Tue, 24 Nov 2026 08:00:00 EST': '2026-11-24T13:00:00.000Z',
      'Tue, 24 Nov 2026 08:00:00': '2026-11-24T08:00:00.000Z',
      'hello 1': '',
      '1': '',
      '2026-11-24': '',
      'Tue, 99 Nov 2026 08:00:00 +0000': '',
      'Tue, 24 Foo 2026 08:00:00 +0000': '',
      yesterday: '',
      '': '',
      [`${'('.repeat(50_000)}`]: '',
    }
    for (const [text, iso] of Object.entries(dates)) assert.equal((await find(`Date: ${text}`)).date, iso, text.slice(0, 50))
  })

  it('says what a message answers, and to whom it is addressed', async () => {
    const found = await find(
      'In-Reply-To: <1@x>\r\nReferences: <0@x>\r\n\t<1@x> nonsense <\r\nTo: "Bob" <BOB@Our.Example>, list: c@d.example;\r\nCc: e@f.example (E)',
    )
    assert.deepEqual(found.answers, ['<1@x>', '<0@x>', '<1@x>'])
    assert.deepEqual(found.addressees, ['bob@our.example', 'c@d.example', 'e@f.example'])
  })

  it('knows a list by its id, with or without brackets', async () => {
    assert.equal((await find('List-Id: Our list <News.List.Example>')).listId, 'news.list.example')
    assert.equal((await find('List-Id: news.list.example')).listId, 'news.list.example')
  })

  it('says who has received the message, and counts all hops', async () => {
    const found = await find(
      'Received: from a (b [192.0.2.1]) by MX.Our.Example (Postfix) with ESMTP id 1; Tue\r\nReceived: nonsense\r\nReceived: (qmail 1 invoked by uid 0); by x',
    )
    assert.deepEqual([found.receivedBy, found.hops], [['mx.our.example', '', 'x'], 3])
  })

  it('keeps no more of anything than a few', async () => {
    const content = [
      `To: ${Array.from({ length: 400 }, (_, n) => `u${n}@our.example`).join(', ')}`,
      `References: ${'<x@y> '.repeat(500)}`,
      `Message-ID: <${'x'.repeat(5000)}@y>`,
      ...Array.from({ length: 200 }, () => 'Received: by x'),
    ]
    const found = await find(content.join('\r\n'))
    assert.deepEqual(
      [found.addressees.length, found.answers.length, found.messageId?.length, found.receivedBy.length, found.hops],
      [200, 20, 998, 120, 200],
    )
  })

  it('is done at once with whatever is in the header', async () => {
    const texts = ['(', '<', '"', ',', ':', '\\', '<a', 'by ', ' by', '"\\', '()', 'a@b,', '<@a:']
    const names = ['From', 'To', 'Cc', 'Date', 'References', 'Message-ID', 'List-Id', 'Received']
    for (const text of texts) {
      const started = cpuMs()
      await find(names.map(name => `${name}: ${text.repeat(Math.floor(32_000 / text.length))}`).join('\r\n'))
      assert.ok(cpuMs() - started < 200, text)
    }
  })
})
