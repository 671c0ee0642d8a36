import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { it, type TestContext } from 'node:test'
import { run } from '../peers/support/workers.ts'
import { send } from './gateway.ts'

const policy = `import { definePolicy, pass, reject } from 'postern'
import { name } from './names.ts'

export default definePolicy({
  name: 'mine',
  phase: 'mail',
  summary: 'Refuse one sender.',
  reasons: { unwanted: ['7.1', 'Not you'] },
  judge: ({ sender }) => (sender?.local === name ? reject('unwanted') : pass()),
})
`
const test = `import { testPolicy } from 'postern/testing'
import policy from './mine.ts'

testPolicy(policy, {
  'one is refused': { given: { sender: { local: 'eve', domain: 'sender.example' } }, expect: 'reject unwanted' },
  'others are not': { given: { sender: { local: 'ann', domain: 'sender.example' } }, expect: 'pass' },
})
`
const namesOf = (name: string) => `export const name = '${name}'\n`

/** A gateway of two workers with a policy of the administrator's: it was named in the configuration while it ran. */
async function start(t: TestContext) {
  const running = await run(t)
  const save = (file: string, text: string) => writeFile(join(running.folder, file), text)
  await save('names.ts', namesOf('eve'))
  await save('mine.ts', policy)
  await save('mine.test.ts', test)
  let from = 0
  const isVerdict = ({ msg }: Readonly<Record<string, unknown>>) =>
    msg === 'the new configuration is in force' || msg === 'the old configuration stays in force'
  /** What the log says next about the configuration, and the problems that it names before. */
  const next = async () => {
    await running.line(isVerdict, from)
    const news = running.log.slice(from)
    from += news.findIndex(isVerdict) + 1
    const problems = running.log.slice(0, from).flatMap(({ problem }) => (problem === undefined ? [] : String(problem)))
    return { msg: running.log[from - 1]?.msg, problem: problems.at(-1)?.replaceAll(running.folder, '.') }
  }
  await running.configure({ rules: '[{ use: ./mine.ts }]' })
  assert.equal((await next()).msg, 'the new configuration is in force')
  const everywhere = async (local: string) => {
    const codes = []
    for (const worker of [1, 2]) {
      const { rcpts } = await send(await running.clientOn(worker), { sender: `${local}@sender.example` })
      codes.push(rcpts[0]?.code)
    }
    return codes
  }
  return { ...running, save, next, everywhere }
}

/** Messages one after the other, steadily; what each has heard. */
function traffic(client: Awaited<ReturnType<typeof start>>['client'], everyMs: number) {
  const outcomes: Promise<number>[] = []
  const bring = async () => {
    const opened = await client()
    if ((await opened.answer()).code !== 220) return 0
    const { data } = await send(opened)
    opened.leave()
    return data?.code ?? 0
  }
  const timer = setInterval(() => outcomes.push(bring()), everyMs)
  return () => {
    clearInterval(timer)
    return Promise.all(outcomes)
  }
}

it('a policy that is broken on save keeps the old one in force, and is mended, while mail goes on', async t => {
  const { save, next, everywhere, client } = await start(t)
  assert.deepEqual(await everywhere('eve'), [550, 550])
  const stop = traffic(client, 100)

  await save('mine.ts', policy.replace("reject('unwanted')", "reject('unwanted'"))
  const broken = await next()
  assert.equal(broken.msg, 'the old configuration stays in force')
  assert.match(broken.problem ?? '', /^\.\/mine\.ts:9:\d+: rules\[0\]\.use: expected a policy file that loads, found SyntaxError/)
  assert.deepEqual(await everywhere('eve'), [550, 550])

  await save('mine.ts', policy)
  assert.equal((await next()).msg, 'the new configuration is in force')
  assert.deepEqual(await everywhere('eve'), [550, 550])

  const outcomes = await stop()
  assert.ok(outcomes.length > 5)
  assert.deepEqual(new Set(outcomes), new Set([250]))
})

it('a file that it imports counts like itself, and its test is asked before', async t => {
  const { save, next, everywhere } = await start(t)
  await save('names.ts', namesOf('mallory'))
  const refused = await next()
  assert.equal(refused.msg, 'the old configuration stays in force')
  assert.deepEqual(await everywhere('mallory'), [250, 250])
  // A test that hangs is overtaken by the one that is saved next.
  await save('mine.test.ts', `${test}for (;;) {}\n`)
  await save('mine.test.ts', test.replace('eve', 'mallory'))
  assert.equal((await next()).msg, 'the new configuration is in force')
  assert.deepEqual(await everywhere('mallory'), [550, 550])
  assert.deepEqual(await everywhere('eve'), [250, 250])
})
