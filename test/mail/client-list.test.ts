import assert from 'node:assert/strict'
import { it } from 'node:test'
import { clientList } from 'postern'

const list = clientList.parse(['192.0.2.0/24', '2001:db8::1', 'mx.partner.example', '*.forwarder.example'])
const nameless = { status: 'none' }

it('clients are found by address and network', () => {
  assert.equal(list.find('192.0.2.7', nameless), '192.0.2.0/24')
  assert.equal(list.find('2001:db8::1', nameless), '2001:db8::1')
  assert.equal(list.find('198.51.100.7', nameless), undefined)
})

it('and by a name that leads back to them', () => {
  assert.equal(list.find('198.51.100.7', { status: 'confirmed', name: 'a.forwarder.example' }), '*.forwarder.example')
  assert.equal(list.find('198.51.100.7', { status: 'confirmed', name: 'mx.partner.example' }), 'mx.partner.example')
  assert.equal(list.find('198.51.100.7', { status: 'unconfirmed', name: 'a.forwarder.example' }), undefined)
})

it('nothing else is a client', () => {
  assert.equal(clientList.safeParse(['not a name']).success, false)
  assert.equal(clientList.safeParse(['192.0.2.0/33']).success, false)
})
