import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type Address, formatAddress, parseAddress } from '../../src/mail/address.ts'
import { Srs } from '../../src/signing/srs.ts'
import { corpora } from '../peers/support/corpus.ts'

const file = join(corpora, 'smtp/srs.json')

interface Forward {
  readonly time: number
  readonly secret: string
  readonly alias: string
  readonly sender: string
  readonly srs0: string
  readonly srs1: string
  readonly srs1_second_hop: string
  readonly reverse_srs0: string
  readonly reverse_srs1: string
}
interface Reverse {
  readonly name: string
  readonly address: string
  readonly secret: string
  readonly time: number
  readonly result: string | null
  readonly error: string | null
}

/** As it was written: the vectors keep the case of domains. */
function address(text: string): Address {
  const at = text.lastIndexOf('@')
  return { local: text.slice(0, at), domain: text.slice(at + 1) }
}

const at = (seconds: number) => new Date(seconds * 1000)
const srs = (domain: string, ...secrets: string[]) => new Srs({ domain, secrets, days: 21 })
const now = new Date('2026-11-24T08:00:00Z')
const day = (count: number) => new Date(now.getTime() + count * 86_400_000)

describe('senders are rewritten as others do it', { skip: existsSync(file) ? false : `needs ${file}` }, () => {
  const { forward, reverse, postsrsd }: { forward: Forward[]; reverse: Reverse[]; postsrsd: Forward } = existsSync(file)
    ? JSON.parse(readFileSync(file, 'utf8'))
    : { forward: [], reverse: [], postsrsd: {} }

  it('by one forwarder, by a second and by a third', () => {
    assert.ok(forward.length > 0)
    for (const each of forward) {
      const [one, two, three] = [each.alias, 'second.test', 'third.test'].map(domain => srs(domain, each.secret)) as [
        Srs,
        Srs,
        Srs,
      ]
      const time = at(each.time)
      const srs0 = one.wrap(address(each.sender), time)
      assert.equal(formatAddress(srs0), each.srs0)
      const srs1 = two.wrap(srs0, time)
      // Others make local parts of any length.
      const fits = each.srs1.lastIndexOf('@') <= 64
      assert.equal(formatAddress(srs1), fits ? each.srs1 : each.srs0)
      assert.equal(formatAddress(three.wrap(address(each.srs1), time)), fits ? each.srs1_second_hop : each.srs1)
      const found = [one.unwrap(srs0 as Address, time), two.unwrap(address(each.srs1), time)]
      assert.deepEqual(found, [
        { status: 'ours', sender: parseAddress(each.reverse_srs0) },
        { status: 'ours', sender: parseAddress(each.reverse_srs1) },
      ])
    }
    assert.equal(
      formatAddress(srs(postsrsd.alias, postsrsd.secret).wrap(address(postsrsd.sender), at(postsrsd.time))),
      postsrsd.srs0,
    )
  })

  it('and bounces come back as they do there', () => {
    assert.ok(reverse.length > 0)
    for (const { name, address: text, secret, time, result } of reverse) {
      const found = srs('forwarder.test', secret).unwrap(address(text), at(time))
      assert.equal(found.status === 'ours' ? formatAddress(found.sender) : null, result, `${name}: ${JSON.stringify(found)}`)
    }
  })
})

describe('a bounce', () => {
  const ours = srs('our.example', 'a new secret', 'an old secret')

  it('comes back to any sender who fits, whatever case his address was put in', () => {
    const word = fc.stringMatching(/^[A-Za-z0-9+=_-]{1,12}$/)
    fc.assert(
      fc.property(word, word, fc.nat(21), fc.boolean(), (local, name, age, isLower) => {
        const sender = parseAddress(`${local}@${name.replaceAll(/[^a-z0-9]/gi, 'x')}.example`) as Address
        const wrapped = ours.wrap(sender, day(-age)) as Address
        const heard = isLower ? { ...wrapped, local: wrapped.local.toLowerCase() } : wrapped
        const expected = isLower ? { ...sender, local: sender.local.toLowerCase() } : sender
        assert.deepEqual(ours.unwrap(heard, now), { status: 'ours', sender: expected })
      }),
    )
  })

  it('is taken as long as the secret is known, and the days have not passed', () => {
    const sender = parseAddress('ann@sender.example') as Address
    const old = srs('our.example', 'an old secret').wrap(sender, now) as Address
    assert.deepEqual(ours.unwrap(old, now), { status: 'ours', sender })
    assert.deepEqual(ours.unwrap(old, day(21)), { status: 'ours', sender })
    assert.deepEqual(ours.unwrap(old, day(22)), { status: 'refused', why: 'expired' })
    assert.deepEqual(ours.unwrap(old, day(-1)), { status: 'refused', why: 'expired' })
    assert.deepEqual(srs('our.example', 'another').unwrap(old, now), { status: 'refused', why: 'hash' })
  })

  it('to anything that was changed is refused', () => {
    const wrapped = ours.wrap(parseAddress('ann@sender.example') as Address, now) as Address
    for (let place = 'SRS0='.length; place < wrapped.local.length; place++) {
      const other = wrapped.local[place]?.toLowerCase() === 'q' ? 'r' : 'q'
      const local = `${wrapped.local.slice(0, place)}${other}${wrapped.local.slice(place + 1)}`
      assert.equal(ours.unwrap({ ...wrapped, local }, now).status, 'refused', local)
    }
    for (const local of ['SRS0=', 'SRS0=abcd', 'SRS0=abcd=AA=sender.example=', 'SRS1=abcd=x', 'SRS1=abcd==x', 'srs0=a=b=c=d']) {
      assert.equal(ours.unwrap({ local, domain: 'our.example' }, now).status, 'refused', local)
    }
  })

  it('to a mailbox, or to another domain, is no business of ours', () => {
    for (const text of ['ann@our.example', 'SRS0@our.example', 'srs2=a@our.example', 'SRS0=vmyz=2W=x.example=a@other.example']) {
      assert.deepEqual(ours.unwrap(parseAddress(text) as Address, now), { status: 'not srs' }, text)
    }
  })
})

describe('a sender stays as he is', () => {
  const ours = srs('our.example', 'secret')
  const kept: Readonly<Record<string, string>> = {
    'who is ours already': 'SRS0=vmyz=2W=x.example=a@our.example',
    'whose new local part would be longer than 64 octets': `${'a'.repeat(40)}@${'b'.repeat(20)}.example`,
    'whose local part needs quotes': '"a b"@sender.example',
    'whose domain is an address': 'a@[192.0.2.1]',
  }
  for (const [title, text] of Object.entries(kept)) {
    it(title, () => {
      const sender = parseAddress(text) as Address
      assert.equal(ours.wrap(sender, now), sender)
    })
  }

  it('who is nobody', () => assert.equal(ours.wrap(null, now), null))
})
