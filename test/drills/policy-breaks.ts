import type { Trace } from '../../src/engine/trace.ts'
import { type Drill, expecting, type Outcome } from './drill.ts'
import { policy } from './stage/policies.ts'
import type { Postern } from './stage/postern.ts'
import { send } from './stage/sender.ts'
import { at, type Stage } from './stage/stage.ts'

type Kind = 'throws' | 'never' | 'blocks'

interface Harm {
  readonly kind: Kind
  readonly what: string
  readonly logged: string
  readonly isLogged: (line: Readonly<Record<string, unknown>>) => boolean
}

const isBroken =
  (rule: Kind, error: RegExp) =>
  ({ msg, rule: named, error: said }: Readonly<Record<string, unknown>>) =>
    String(msg).startsWith('a rule is broken') && named === rule && error.test(String(said))

const harms: readonly Harm[] = [
  {
    kind: 'throws',
    what: 'throws',
    logged: 'the log names the rule and its error',
    isLogged: isBroken('throws', /broken on purpose/),
  },
  {
    kind: 'never',
    what: 'never comes to a verdict',
    logged: 'the log names the rule and its time',
    isLogged: isBroken('never', /longer than/),
  },
  {
    kind: 'blocks',
    what: 'keeps the process busy for 2 s',
    logged: 'the trace says how long the rule took',
    isLogged: line => longest(line, 'blocks') >= 1900,
  },
]

/** A policy of the administrator's is badly written: others' mail goes on. */
export const policyBreaks: Drill = {
  name: 'policy-breaks',
  run: async stage => {
    const hop = await stage.hop()
    const rules = harms.map(({ kind }) => ({ use: policy(kind), timeoutMs: 1000, to: [`${kind}@our.example`] }))
    const { postern, port } = await stage.postern({ relay: { 'our.example': { to: `smtp://127.0.0.1:${hop.port}` } }, rules })
    const outcomes: Outcome[] = []
    for (const harm of harms) outcomes.push(await breaking(stage, { ...harm, postern, port, place: at(hop) }))
    return outcomes
  },
}

interface Scene extends Harm {
  readonly postern: Postern
  readonly port: number
  readonly place: ReturnType<typeof at>
}

async function breaking(stage: Stage, { kind, what, logged, isLogged, postern, port, place }: Scene): Promise<Outcome> {
  const ledger = stage.ledger(place, stage.quarantine())
  const both = await Promise.all([send({ port, to: `${kind}@our.example` }), send({ port })])
  const after = await send({ port })
  ledger.note(...both, after)
  await postern.logged(logged, isLogged)
  const { clients, where, faults } = await ledger.account()
  const expected = expecting({
    'all mail to be taken': [...both, after].every(({ taken }) => taken),
    'others to be served at once afterwards': after.slowestMs < 1000,
  })
  return {
    done: `a policy ${what}, for one of three messages`,
    clients,
    where: `${where}; ${logged}`,
    faults: [...faults, ...expected],
  }
}

/** The longest that a rule took in a transaction. */
function longest(line: Readonly<Record<string, unknown>>, rule: string): number {
  if (line.msg !== 'transaction') return 0
  const { entries } = line as unknown as Trace // no other line has this text
  return Math.max(0, ...entries.filter(entry => entry.rule === rule).map(({ ms }) => ms))
}
