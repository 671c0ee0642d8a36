import assert from 'node:assert/strict'
import { it } from 'node:test'
import { Elsewhere, letter, mail, stage, unreachable } from './stage.ts'

it('destinations that do not answer do not hold up the others', { timeout: 60_000 }, async t => {
  const [destinations, each, dead] = [40, 10, 5]
  const living = (destinations - dead) * each
  const answers = Promise.withResolvers<void>()
  const there = new Elsewhere('there')
  // They keep everybody waiting until all others have their mail.
  const nowhere = new Elsewhere('nowhere', async () => {
    await answers.promise
    return unreachable
  })
  const isDead = (domain: string) => Number(/\d+/.exec(domain)?.[0]) < dead
  const queue = await stage(t, domain => ({ transport: isDead(domain) ? nowhere : there, provider: domain }))
  const all = Array.from({ length: destinations * each }, (_, n) => mail(`bob@d${n % destinations}.example`))
  await Promise.all(all.map(each => queue.store.add(each, letter)))
  queue.worker.wake()
  while (there.arrived.length < living) await new Promise(setImmediate)
  assert.ok(nowhere.asked <= dead * 2, `${nowhere.asked} waited for the dead`)
  answers.resolve()
  await queue.worker.idle()
  assert.equal(there.arrived.length, living)
  assert.equal((await queue.store.counts()).messages, dead * each)
})

it('what one provider takes, its domains share', { timeout: 60_000 }, async t => {
  let [open, most] = [0, 0]
  const there = new Elsewhere('there', async (_, when) => {
    if (when === 'asked') most = Math.max(most, ++open)
    await new Promise(setImmediate)
    if (when === 'sent') open--
    return undefined
  })
  const queue = await stage(t, () => ({ transport: there, provider: 'mx.orange.fr' }))
  const all = Array.from({ length: 60 }, (_, n) => mail(`bob@d${n % 20}.example`))
  await Promise.all(all.map(each => queue.store.add(each, letter)))
  await queue.pass(0)
  assert.equal(there.arrived.length, 60)
  assert.ok(most <= 2, `${most} at once`)
})
