import assert from 'node:assert/strict'
import { it } from 'node:test'
import { nearest } from '../../src/config/nearest.ts'

const keys = ['address', 'as', 'tls', 'proxyProtocol', 'messageBytes']

it('a letter too few, too many, wrong or swapped with its neighbour is a slip', () => {
  for (const slip of ['adress', 'addresss', 'adddess', 'addrses', 'ADDRESS']) assert.equal(nearest(slip, keys), 'address', slip)
  assert.equal(nearest('proxy_protocol', keys), 'proxyProtocol')
})

it('another word is no slip', () => {
  for (const word of ['port', 'x', 'hostname', '']) assert.equal(nearest(word, keys), undefined, word)
})

it('of two that are near, the nearer one was meant', () => {
  assert.equal(nearest('rejectAd', ['rejectTo', 'rejectAt']), 'rejectAt')
})
