import assert from 'node:assert/strict'
import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { cheapAccount } from '../../fixtures/accounts.ts'
import type { Answer, Attempt, Authenticator } from '../../src/accounts/account.ts'
import { nobodysKeys } from '../../src/accounts/scram-keys.ts'
import { Throttle } from '../../src/accounts/throttle.ts'
import { Users } from '../../src/accounts/users.ts'
import { memoryStore } from '../../src/testing.ts'
import { Client } from './dialogue.ts'
import { openEdge, type TestEdge, tlsFiles } from './edge.ts'
import { secured } from './tls-client.ts'

const alice = cheapAccount('alice', 'secret', 'alice@our.example')

/** Accounts of literals; `trouble` cannot be looked up. */
class Literals implements Authenticator {
  readonly hasKeys = true

  async verify({ name, password }: Attempt): Promise<Answer> {
    if (name === 'trouble') return { failure: 'trouble', detail: 'it burns' }
    return name === 'alice' && password === 'secret' ? { account: alice } : { failure: 'refused' }
  }

  async keysOf(name: string) {
    const account = name === 'alice' ? alice : undefined
    return { account, keys: account?.keys ?? nobodysKeys(name, Buffer.from('x'), alice.keys) }
  }

  close(): void {}
}

const base64 = (text: string) => Buffer.from(text).toString('base64')
const plain = (name: string, password: string, whom = '') => base64(`${whom}\0${name}\0${password}`)

function usersWith(perNetwork: number): Users {
  const store = memoryStore(() => new Date())
  return new Users({ authenticator: new Literals(), throttle: new Throttle(store, { perNetwork, perAccount: 1000 }) })
}

function open(users: () => Users): Promise<TestEdge> {
  return openEdge({
    users,
    tls: tlsFiles,
    limits: { junkCommands: 100, errors: 100 },
    listeners: [{ as: 'submission' }, { as: 'mx' }],
  })
}

describe('AUTH', () => {
  let edge: TestEdge
  before(async () => {
    // Each connection has a memory of its own: nobody waits for what another has done.
    edge = await open(() => usersWith(1000))
  })
  after(() => edge.server.close())

  async function client(): Promise<Client> {
    const client = await secured(edge.port)
    await client.say('EHLO laptop.example')
    return client
  }

  async function dialogue(...turns: readonly (readonly [line: string, answer: RegExp | string])[]): Promise<void> {
    const one = await client()
    for (const [line, answer] of turns) {
      const said = await one.say(line)
      if (typeof answer === 'string') assert.equal(said, answer, line)
      else assert.match(said, answer, line)
    }
    one.destroy()
  }

  it('SUB-03: SUB-02: is offered and taken under TLS only, and never to strangers', async () => {
    const bare = await Client.greeted(edge.port)
    const offer = await bare.say('EHLO laptop.example')
    assert.doesNotMatch(offer, /AUTH/)
    assert.match(offer, /^250.DSN\r?$/m)
    assert.match(await bare.say(`AUTH PLAIN ${plain('alice', 'secret')}`), /^538 5\.7\.11 /)
    assert.match(await bare.say('MAIL FROM:<alice@our.example>'), /^530 5\.7\.0 Please say STARTTLS first/)
    const safe = await secured(edge.port)
    assert.match(await safe.say('EHLO laptop.example'), /^250-AUTH SCRAM-SHA-256 PLAIN LOGIN\r$/m)
    assert.match(await safe.say('MAIL FROM:<alice@our.example>'), /^530 5\.7\.0 Authentication required/)
    const stranger = await secured(edge.ports[1] ?? 0)
    assert.doesNotMatch(await stranger.say('EHLO mx.example'), /AUTH|DSN|REQUIRETLS/)
    assert.match(await stranger.say('AUTH PLAIN'), /^500 /)
    for (const one of [bare, safe, stranger]) one.destroy()
  })

  it('SUB-04: PLAIN comes with an initial response or without', async () => {
    const next = ['MAIL FROM:<alice@our.example>', /^250 /] as const
    await dialogue([`AUTH PLAIN ${plain('alice', 'secret')}`, /^235 2\.7\.0 /], next)
    await dialogue(['auth plain', '334'], [plain('Alice', 'secret'), /^235 /], next)
    await dialogue([`AUTH PLAIN ${plain('alice', 'secret', 'alice')}`, /^235 /])
    for (const wrong of [
      plain('alice', 'Secret'),
      plain('bob', 'secret'),
      plain('alice', 'secret', 'bob'),
      plain('', ''),
      plain('alice', ''),
    ]) {
      await dialogue([`AUTH PLAIN ${wrong}`, /^535 5\.7\.8 Authentication failed$/], ['MAIL FROM:<a@our.example>', /^530 /])
    }
  })

  it('LOGIN asks for the name, then for the password', async () => {
    const ask = ['334 VXNlcm5hbWU6', '334 UGFzc3dvcmQ6'] as const
    await dialogue(['AUTH LOGIN', ask[0]], [base64('alice'), ask[1]], [base64('secret'), /^235 /])
    await dialogue([`AUTH LOGIN ${base64('alice')}`, ask[1]], [base64('secret'), /^235 /])
    await dialogue(['AUTH LOGIN', ask[0]], [base64('nobody'), ask[1]], [base64('secret'), /^535 /])
    await dialogue(['AUTH LOGIN', ask[0]], ['*', /^501 5\.7\.0 /], ['NOOP', /^250 /])
  })

  it('SCRAM-SHA-256 shows the password to nobody', async () => {
    const one = await client()
    const first = 'n=alice,r=abcdefgh'
    const challenge = Buffer.from((await one.say(`AUTH SCRAM-SHA-256 ${base64(`n,,${first}`)}`)).slice(4), 'base64').toString()
    const [, nonce = '', salt = '', count] = /^r=(abcdefgh[^,]{20,}),s=([^,]+),i=(\d+)$/.exec(challenge) ?? []
    const salted = pbkdf2Sync('secret', Buffer.from(salt, 'base64'), Number(count), 32, 'sha256')
    const hmac = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest()
    const clientKey = hmac(salted, 'Client Key')
    const message = `${first},${challenge},c=biws,r=${nonce}`
    const signature = hmac(createHash('sha256').update(clientKey).digest(), message)
    const proof = Buffer.from(clientKey.map((byte, at) => byte ^ (signature[at] ?? 0))).toString('base64')
    const proved = await one.say(base64(`c=biws,r=${nonce},p=${proof}`))
    assert.equal(
      Buffer.from(proved.slice(4), 'base64').toString(),
      `v=${hmac(hmac(salted, 'Server Key'), message).toString('base64')}`,
    )
    assert.match(await one.say(''), /^235 /)
    one.destroy()
    await dialogue([`AUTH SCRAM-SHA-256 ${base64('n,,n=nobody,r=abcdefgh')}`, /^334 /], ['*', /^501 /])
    await dialogue([`AUTH SCRAM-SHA-256 ${base64('p=tls-unique,,n=alice,r=abcdefgh')}`, /^501 5\.5\.2 /])
  })

  it('is refused where it makes no sense, and the session goes on', async () => {
    const good = `AUTH PLAIN ${plain('alice', 'secret')}`
    await dialogue([good, /^235 /], [good, /^503 5\.5\.1 /])
    await dialogue(
      [good, /^235 /],
      ['MAIL FROM:<alice@our.example>', /^250 /],
      [good, /^503 5\.5\.1 /],
      ['RCPT TO:<b@our.example>', /^250 /],
    )
    await dialogue(
      ['AUTH', /^501 5\.5\.4 /],
      ['AUTH PLAIN a b', /^501 5\.5\.4 /],
      ['AUTH CRAM-MD5', /^504 5\.5\.4 /],
      [good, /^235 /],
    )
    for (const wrong of ['=', '====', 'a', 'ab=c', 'a\u00e9==', base64('no nul'), base64('a\0b\0c\0d'), '/w==']) {
      await dialogue([`AUTH PLAIN ${wrong}`, /^50[01] 5\.5\.2 /], [good, /^235 /])
    }
    const early = await secured(edge.port)
    assert.match(await early.say(good), /^503 5\.5\.1 Please say EHLO first/)
    early.destroy()
  })

  it('SUB-04: takes lines of 12288 bytes, and no longer', async () => {
    const fits = base64(`\0alice\0${'x'.repeat(9204)}`)
    assert.equal(fits.length, 12_284)
    await dialogue(['AUTH PLAIN', '334'], [fits, /^535 /])
    await dialogue(['AUTH PLAIN', '334'], ['A'.repeat(12_287), /^500 5\.5\.6 /], ['NOOP', /^250 /])
    await dialogue([`AUTH PLAIN ${'A'.repeat(13_000)}`, /^500 5\.5\.2 Line too long/], ['NOOP', /^250 /])
  })

  it('tells a client to come again when nobody can look at its password', async () => {
    await dialogue(
      [`AUTH PLAIN ${plain('trouble', 'secret')}`, /^454 4\.7\.0 /],
      [`AUTH PLAIN ${plain('alice', 'secret')}`, /^235 /],
    )
    assert.ok(edge.log.some(({ level, about }) => level === 'error' && JSON.stringify(about).includes('it burns')))
    assert.ok(!JSON.stringify(edge.log).includes('secret'))
  })

  it('SUB-08: is closed to who has been wrong too often, and ends the session of who goes on', async () => {
    const users = usersWith(2)
    await using strict = await open(() => users)
    const one = await secured(strict.port)
    await one.accepted('EHLO laptop.example')
    const wrong = `AUTH PLAIN ${plain('alice', 'wrong')}`
    const codes = []
    for (let number = 0; number < 4; number++) codes.push((await one.say(wrong)).slice(0, 9))
    assert.deepEqual(codes, ['535 5.7.8', '535 5.7.8', '454 4.7.0', '421 4.7.0'])
    await one.closed()
    const other = await secured(strict.port)
    await other.accepted('EHLO laptop.example')
    assert.match(await other.say(`AUTH PLAIN ${plain('alice', 'secret')}`), /^454 4\.7\.0 Too many failed attempts/)
    other.destroy()
  })

  it('what was said before TLS does not count', async () => {
    const one = await Client.greeted(edge.port)
    await one.accepted('EHLO laptop.example')
    one.write(`STARTTLS\r\nAUTH PLAIN ${plain('alice', 'secret')}\r\n`)
    await one.expect(220)
    await one.secure()
    await one.accepted('EHLO laptop.example')
    assert.match(await one.say('MAIL FROM:<alice@our.example>'), /^530 /)
    one.destroy()
  })
})
