import assert from 'node:assert/strict'
import { it } from 'node:test'
import { findFact, zoneDns } from 'postern/testing'
import { mailServers } from './mail-servers.ts'

const dns = zoneDns({
  'sender.example': { MX: [{ preference: 10, exchange: 'mx.parking.example' }] },
  'broken.example': 'temperror',
})
const from = (domain: string) => findFact(mailServers, { sender: { local: 'ann', domain } }, dns)

it('the servers of the domain are found', async () => {
  assert.deepEqual(await from('sender.example'), { status: 'found', names: ['mx.parking.example'] })
})

it('a domain without any has none, and a bounce has no domain', async () => {
  assert.deepEqual(await from('other.example'), { status: 'none', names: [] })
  assert.deepEqual(await findFact(mailServers, { sender: null }, dns), { status: 'none', names: [] })
})

it('trouble with the DNS says nothing about the domain', async () => {
  assert.deepEqual(await from('broken.example'), { status: 'temperror', names: [] })
})
