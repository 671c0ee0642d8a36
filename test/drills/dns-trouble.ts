import type { Answer, Question } from 'dns-packet'
import { type Drill, expecting, type Outcome } from './drill.ts'
import { type BadAnswer, badDns } from './stage/bad-dns.ts'
import { send } from './stage/sender.ts'
import { at, type Stage } from './stage/stage.ts'

/** No answer may take longer, however long the DNS does. */
const boundMs = 15_000

const localhost = ({ name, type }: Question): Answer[] => (type === 'A' ? [{ type: 'A', name, ttl: 60, data: '127.0.0.1' }] : [])

type Troubles = Readonly<Record<string, (question: Question) => BadAnswer | undefined>>

/** With the default set in force nobody is refused for the DNS' trouble, and all are answered in time. */
function dnsDrill(name: string, troubles: Troubles): Drill {
  const run: Drill['run'] = stage => Promise.all(Object.entries(troubles).map(([title, answer]) => trouble(stage, title, answer)))
  return { name, run }
}

export const dnsFails = dnsDrill('dns-fails', {
  'is silent': () => undefined,
  'says SERVFAIL to everything': () => ({ code: 'SERVFAIL' }),
  'takes 3 s for each answer, more than we wait': () => ({ code: 'NXDOMAIN', afterMs: 3000 }),
})

export const dnsLies = dnsDrill('dns-lies', {
  'answers with wrong ids': question => ({ wrongId: true, answers: localhost(question) }),
  'answers for other names': question => ({ otherName: 'other.example', answers: localhost(question) }),
  'says NXDOMAIN to everything': () => ({ code: 'NXDOMAIN' }),
  'says 127.0.0.1 to everything, so every list knows everybody': question => ({ answers: localhost(question) }),
})

async function trouble(stage: Stage, title: string, answer: (question: Question) => BadAnswer | undefined): Promise<Outcome> {
  const name = title.replaceAll(/\W+/g, '-')
  const [hop, server] = [await stage.hop(), await badDns(stage, answer)]
  const relay = { 'our.example': { to: `smtp://127.0.0.1:${hop.port}` } }
  const data = stage.path(name)
  const { port, postern } = await stage.postern({
    name,
    proxied: true,
    relay,
    data,
    rules: 'default',
    dns: { servers: [server] },
  })
  const ledger = stage.ledger(at(hop), stage.quarantine(data))
  const sent = await Promise.all([1, 2, 3, 4].map(number => send({ port, ip: `198.51.${number}.7`, patienceMs: boundMs })))
  ledger.note(...sent)
  const { clients, where, faults } = await ledger.account()
  const slowest = Math.max(...sent.map(({ slowestMs }) => slowestMs))
  await postern.kill()
  return {
    done: `the DNS ${title}`,
    clients,
    where: `${where}; the slowest answer took ${Math.ceil(slowest / 1000)} s`,
    faults: [
      ...faults,
      ...expecting({ 'nobody refused': sent.every(({ refused }) => !refused), 'an answer to everybody': slowest < boundMs }),
    ],
  }
}
