import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { SmtpClient } from '../../../fixtures/smtp-client.ts'
import { send } from '../../functional/gateway.ts'
import { run } from './workers.ts'

export const policy = `import { definePolicy, pass, reject } from 'postern'
import { name } from './names.ts'

export default definePolicy({
  name: 'mine',
  phase: 'mail',
  summary: 'Refuse one sender.',
  reasons: { unwanted: ['7.1', 'Not you'] },
  judge: ({ sender }) => (sender?.local === name ? reject('unwanted') : pass()),
})
`
export const test = `import { testPolicy } from 'postern/testing'
import policy from './mine.ts'

testPolicy(policy, {
  'one is refused': { given: { sender: { local: 'eve', domain: 'sender.example' } }, expect: 'reject unwanted' },
  'others are not': { given: { sender: { local: 'ann', domain: 'sender.example' } }, expect: 'pass' },
})
`
export const namesOf = (name: string) => `export const name = '${name}'\n`

/** A gateway of two workers with a policy of the administrator's: it was named in the configuration while it ran. */
export async function start(t: TestContext) {
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

/** Messages one after the other, steadily, until it is told to stop; what each has heard. */
export function traffic(
  t: TestContext,
  { client, everyMs }: { readonly client: () => Promise<SmtpClient>; readonly everyMs: number },
) {
  const outcomes: Promise<number>[] = []
  const bring = async () => {
    const opened = await client()
    if ((await opened.answer()).code !== 220) return 0
    const { data } = await send(opened)
    opened.leave()
    return data?.code ?? 0
  }
  const timer = setInterval(() => outcomes.push(bring()), everyMs)
  t.after(() => clearInterval(timer))
  return () => {
    clearInterval(timer)
    return Promise.all(outcomes)
  }
}
