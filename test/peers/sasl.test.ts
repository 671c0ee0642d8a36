import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Dovecot as DovecotAccounts } from '../../src/accounts/dovecot.ts'
import { type Dovecot, startDovecot } from './support/dovecot.ts'
import { needs } from './support/needs.ts'

const client = { ip: '192.0.2.1', port: 4000 }

describe('passwords that Dovecot knows', { skip: needs('dovecot', 'root') }, () => {
  let dovecot: Dovecot
  before(async () => {
    dovecot = await startDovecot()
  })
  after(() => dovecot?.stop())

  test('are asked for by its own protocol, many at a time over one connection', async () => {
    const accounts = new DovecotAccounts({ path: dovecot.authPath })
    const ask = (name: string, password: string) => accounts.verify({ name, password, client })
    const answers = await Promise.all([
      ask('alice@our.example', 'secret'),
      ask('alice@our.example', 'wrong'),
      ask('nobody@our.example', 'secret'),
      ask('bob@our.example', 'secret'),
      ask('bob@our.example', ''),
    ])
    const names = answers.map(answer => ('account' in answer ? answer.account.name : answer.failure))
    assert.deepEqual(names, ['alice@our.example', 'refused', 'refused', 'bob@our.example', 'refused'])
    accounts.close()
  })

  test('cannot be looked up while it is away', async () => {
    const accounts = new DovecotAccounts({ path: `${dovecot.authPath}-gone` })
    const answer = await accounts.verify({ name: 'alice@our.example', password: 'secret', client })
    assert.ok('failure' in answer && answer.failure === 'trouble')
    assert.match(answer.detail ?? '', /^Dovecot: .*ENOENT/)
  })
})
