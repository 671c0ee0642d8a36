import assert from 'node:assert/strict'
import { it } from 'node:test'
import { listZone, publicZone } from 'postern/facts'

const key = '0123456789abcdefghijklmnop'
const mistake = (kind: Parameters<typeof listZone>[0], zone: string) => listZone(kind).safeParse(zone).error?.issues[0]?.message

it('a zone is a name, in any case, with or without its last dot', () => {
  assert.equal(listZone('addresses').parse('ZEN.Spamhaus.org.'), 'zen.spamhaus.org')
  assert.equal(mistake('addresses', 'zen'), 'expected the zone of a list, such as zen.spamhaus.org')
})

it('a list that is known to be of something else is refused', () => {
  assert.equal(mistake('good addresses', 'zen.spamhaus.org'), 'expected a list of good addresses: this one is of addresses')
  assert.equal(mistake('addresses', `${key}.dbl.dq.spamhaus.net`), 'expected a list of addresses: this one is of domains')
  assert.equal(mistake('domains', 'list.dnswl.org'), 'expected a list of domains: this one is of good addresses')
  assert.equal(mistake('domains', 'bl.of-somebody.example'), undefined)
})

it('a zone that needs a key needs it', () => {
  assert.equal(mistake('addresses', 'zen.dq.spamhaus.net'), 'expected your key in front of this zone')
  assert.equal(mistake('addresses', `${key}.zen.dq.spamhaus.net`), undefined)
})

it('a key is not shown, not even when the zone is misspelt', () => {
  assert.equal(publicZone(`${key}.zen.dq.spamhaus.net`), 'zen.dq.spamhaus.net')
  assert.equal(publicZone(`${key}.zen.dq.spamhuas.net`), 'zen.dq.spamhuas.net')
  assert.equal(publicZone('dnsbl-1.uceprotect.net'), 'dnsbl-1.uceprotect.net')
})
