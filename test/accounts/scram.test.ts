import assert from 'node:assert/strict'
import { createHash, pbkdf2Sync } from 'node:crypto'
import { describe, it } from 'node:test'
import type { ScramKeys } from '../../src/accounts/account.ts'
import { ScramExchange } from '../../src/accounts/scram.ts'
import { formatScramKeys, hmac, parseScramKeys, scramKeysOf } from '../../src/accounts/scram-keys.ts'

// RFC 7677, 3: an exchange with all its values.
const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64')
const nonce = { client: 'rOprNGfwEbeRWgbNEkqO', server: '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0' }
const finals = {
  client: `c=biws,r=${nonce.client}${nonce.server},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=`,
  server: 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
}
const user = { name: 'user', addresses: [] }

function keysOf(password: string): ScramKeys {
  const salted = pbkdf2Sync(password, salt, 4096, 32, 'sha256')
  const storedKey = createHash('sha256').update(hmac(salted, 'Client Key')).digest()
  return { salt, iterations: 4096, storedKey, serverKey: hmac(salted, 'Server Key') }
}

function exchange(account: typeof user | null = user, password = 'pencil'): ScramExchange {
  return new ScramExchange({
    begin: async () => ({ keys: keysOf(password), account: account ?? undefined }),
    succeeded: async account => ({ account }),
    nonce: nonce.server,
  })
}

async function said(scram: ScramExchange, text: string): Promise<unknown> {
  const step = await scram.step(Buffer.from(text))
  return 'challenge' in step ? step.challenge.toString() : step
}

const first = `n,,n=user,r=${nonce.client}`

describe('SCRAM-SHA-256', () => {
  it('says what RFC 7677 says, and is over when our proof has been heard', async () => {
    const scram = exchange()
    assert.equal(await said(scram, first), `r=${nonce.client}${nonce.server},s=${salt.toString('base64')},i=4096`)
    assert.equal(await said(scram, finals.client), finals.server)
    assert.deepEqual(await said(scram, ''), { account: user })
  })

  it('takes no wrong proof, and no right one of an account that does not exist', async () => {
    for (const scram of [exchange(user, 'pencils'), exchange(null)]) {
      await said(scram, first)
      assert.deepEqual(await said(scram, finals.client), { failure: 'refused' })
    }
  })

  it('takes nothing that has been changed on the way, and no channel binding', async () => {
    const changed = [
      finals.client.replace('biws', 'eSws'),
      finals.client.replace(nonce.server, 'another'),
      finals.client.replace(',p=', ',p=AAAA'),
      'nonsense',
    ]
    for (const final of changed) {
      const scram = exchange()
      await said(scram, first)
      assert.deepEqual(await said(scram, final), { failure: 'malformed' }, final)
    }
    for (const wrong of [
      first.replace('n,,', 'p=tls-unique,,'),
      first.replace('n,,', 'n,a=bob,'),
      first.replace('n=user', 'n=us=er'),
      first.replace('n=user', 'm=x,n=user'),
      `n,,n=user,r=${'x'.repeat(200)}`,
      'n,,n=user,r=',
    ]) {
      assert.deepEqual(await said(exchange(), wrong), { failure: 'malformed' }, wrong)
    }
  })

  it('keeps keys that are read as they were written', async () => {
    const keys = await scramKeysOf('secret')
    assert.ok(keys.iterations >= 600_000)
    assert.deepEqual(parseScramKeys(formatScramKeys(keys)), keys)
    for (const wrong of [
      '',
      'SCRAM-SHA-256$100:a$b:c',
      formatScramKeys(keys).replace('600000', '10'),
      `${formatScramKeys(keys)}x`,
    ]) {
      assert.equal(parseScramKeys(wrong), undefined, wrong)
    }
  })
})
