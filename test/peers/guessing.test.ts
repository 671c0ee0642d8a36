import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { cheapAccount } from '../../fixtures/accounts.ts'
import { AccountsOnDisk } from '../../src/accounts/accounts-on-disk.ts'
import { accountWith, editAccounts } from '../../src/accounts/edit-accounts.ts'
import type { Client } from '../smtp/dialogue.ts'
import { secured } from '../smtp/tls-client.ts'
import { peerFolder, removeFolder } from './support/folder.ts'
import { type PeerSubmission, startSubmission } from './support/submission.ts'

const client = { ip: '192.0.2.1', port: 1 }
const rounds = 40

describe('guessing passwords', () => {
  let gateway: PeerSubmission
  let folder = ''
  before(async () => {
    folder = await peerFolder('guessing')
    gateway = await startSubmission({ perNetwork: 5 })
  })
  after(async () => {
    await gateway?.stop()
    await removeFolder(folder)
  })

  test('takes as long for names that nobody has as for those of accounts', async () => {
    const file = `${folder}/accounts`
    await editAccounts(file, async entries => {
      entries.set('alice', await accountWith('alice', 'secret', []))
      entries.set('bob', cheapAccount('bob', 'geheim'))
    })
    const accounts = await AccountsOnDisk.open(file, assert.fail)
    const times: Record<'alice' | 'nobody', number[]> = { alice: [], nobody: [] }
    // By turns, so that whatever else this machine does is done to both.
    for (let round = 0; round < 2 * rounds; round++) {
      const name = round % 2 ? 'alice' : 'nobody'
      const started = performance.now()
      await accounts.verify({ name, password: 'wrong', client })
      times[name].push(performance.now() - started)
    }
    const median = (all: readonly number[]) => all.toSorted((a, b) => a - b)[all.length >> 1] ?? 0
    const [known, unknown] = [median(times.alice), median(times.nobody)]
    const told = `known ${known.toFixed(1)} ms, unknown ${unknown.toFixed(1)} ms`
    process.stdout.write(`# ${told}\n`)
    // Without the dummy it would be a hundredth.
    assert.ok(Math.abs(known - unknown) < 0.25 * known, told)
  })

  test('SUB-08: slows down, then is not listened to any more, by no worker and for no account', async () => {
    const codes: string[] = []
    const guess = async (one: Client, name: string) => {
      const said = await one.say(`AUTH PLAIN ${Buffer.from(`\0${name}\0wrong`).toString('base64')}`)
      codes.push(said.slice(0, 3))
    }
    for (let number = 0; number < 12; number++) {
      const one = await secured(gateway.starttls)
      await one.accepted('EHLO x.example')
      await guess(one, number % 2 ? 'alice@our.example' : `nobody${number}@our.example`)
      one.destroy()
      // What one worker has counted is known to the other a moment later.
      await new Promise(resolve => setTimeout(resolve, 300))
    }
    assert.deepEqual(codes.slice(0, 3), ['535', '535', '535'])
    assert.deepEqual(new Set(codes.slice(-6)), new Set(['454']))
    const right = await secured(gateway.starttls)
    await right.accepted('EHLO x.example')
    assert.match(await right.say(`AUTH PLAIN ${Buffer.from('\0alice@our.example\0secret').toString('base64')}`), /^454 4\.7\.0 /)
    right.destroy()
  })
})
