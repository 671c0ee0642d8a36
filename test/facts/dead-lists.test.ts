import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deadList } from 'postern/facts'

describe('dead-lists', () => {
  it('knows when a list was shut down', () => {
    assert.equal(deadList('ix.dnsbl.manitu.net'), 'January 2025')
  })

  it('knows that the zones below a dead list are dead', () => {
    assert.equal(deadList('dul.dnsbl.sorbs.net'), deadList('sorbs.net'))
    assert.equal(deadList('combined.njabl.org'), '2013')
  })

  it('has nothing against lists that are alive, or against the other names of who had a dead one', () => {
    const alive = [
      'zen.spamhaus.org',
      'bl.score.senderscore.com',
      'list.dnswl.org',
      'manitu.net',
      'rbl.abuse.ch',
      'notsorbs.net',
      'net',
    ]
    assert.deepEqual(
      alive.filter(zone => deadList(zone) !== undefined),
      [],
    )
  })
})
