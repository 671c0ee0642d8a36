import assert from 'node:assert/strict'
import { it } from 'node:test'
import { ConnectionBook } from '../../../src/cli/workers/connection-book.ts'
import { type Changes, ConnectionLimits } from '../../../src/smtp/connection-limits.ts'
import { defaultLimits } from '../../../src/smtp/limits.ts'

const limits = { ...defaultLimits, connectionsPerAddress: 2, newPerMinute: 4 }
const ip = '192.0.2.1'

/** The limits of one worker, whose changes reach the book when `told` resolves. */
function enter(book: ConnectionBook, now: number) {
  const admissions = new ConnectionLimits(limits, [])
  const worker = {}
  let told = Promise.withResolvers<void>()
  book.enter(worker, changes => admissions.hear(changes, now))
  admissions.share((changes: Changes) => {
    book.note(worker, changes)
    told.resolve()
    told = Promise.withResolvers()
  })
  const admit = () => {
    const admission = admissions.admit(ip, now)
    return 'excess' in admission ? admission.excess : admission.release
  }
  return { worker, admissions, admit, told: () => told.promise }
}

it('workers count together, a later one knows what is open, and who is gone has nothing open', async t => {
  // The timers of the limits do not keep a process alive.
  const alive = setInterval(() => {}, 1000)
  t.after(() => clearInterval(alive))
  const now = Date.now()
  const book = new ConnectionBook()
  const [one, two] = [enter(book, now), enter(book, now)]
  one.admissions.count(1)
  assert.equal(typeof one.admit(), 'function')
  assert.equal(typeof two.admit(), 'function')
  await Promise.all([one.told(), two.told()])
  assert.equal(two.admissions.elsewhere, 1)
  assert.deepEqual([one.admit(), two.admit()], ['connectionsPerAddress', 'connectionsPerAddress'])
  const three = enter(book, now)
  assert.equal(three.admissions.elsewhere, 1)
  assert.equal(three.admit(), 'connectionsPerAddress')
  book.leave(one.worker)
  assert.equal(two.admissions.elsewhere, 0)
  const release = three.admit()
  assert.ok(typeof release === 'function')
  release()
  await Promise.all([two.told(), three.told()])
  // Refused ones count as new ones too, wherever they came.
  assert.equal(two.admit(), 'newPerMinute')
})
