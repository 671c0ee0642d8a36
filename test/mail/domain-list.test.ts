import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DomainList } from '../../src/mail/domain-list.ts'

const list = new DomainList(['example.org', '*.example.net', '*.mail.example.net'])

describe('DomainList', () => {
  it('finds a domain alone, without those below it', () => {
    assert.equal(list.find('example.org'), 'example.org')
    assert.equal(list.find('www.example.org'), undefined)
  })

  it('finds all names below a domain, without itself', () => {
    assert.equal(list.find('a.b.example.net'), '*.example.net')
    assert.equal(list.find('example.net'), undefined)
    assert.equal(list.find('notexample.net'), undefined)
  })

  it('tells the closest entry', () => {
    assert.equal(list.find('a.mail.example.net'), '*.mail.example.net')
  })

  it('finds nothing for no name', () => {
    assert.equal(list.find(''), undefined)
  })
})
