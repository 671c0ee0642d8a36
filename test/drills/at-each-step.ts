import type { Action, Script } from '../../fixtures/next-hop/script.ts'
import type { Drill, Outcome } from './drill.ts'
import { send } from './stage/sender.ts'
import { at, type Stage } from './stage/stage.ts'

/** The moments at which a next hop can do harm. */
export const steps = ['connect', 'ehlo', 'mail', 'rcpt', 'data', 'content', 'dot'] as const
type Step = (typeof steps)[number]

const names: Readonly<Record<Step, string>> = {
  connect: 'instead of its greeting',
  ehlo: 'at EHLO',
  mail: 'at MAIL',
  rcpt: 'at RCPT',
  data: 'at DATA',
  content: 'in the body',
  dot: 'after the dot',
}

/** Short enough for a drill, long enough for a busy machine. */
export const shortTimeouts = { connectMs: 1000, greetingMs: 1000, commandMs: 1000, dataMs: 1000, blockMs: 1000, finalDotMs: 1000 }

interface Harm {
  readonly name: string
  /** What the next hop does, as "… at MAIL". */
  readonly does: string
  readonly action: Action
  readonly steps?: readonly Step[]
  /** The code that clients must hear at a step: 4yz unless told. */
  readonly expected?: (step: Step) => RegExp
}

/** A drill in which one next hop for each step does the same harm there, and another one shows that all else goes on. */
export function atEachStep({ name, does, action, steps: chosen = steps, expected = () => /^4/ }: Harm): Drill {
  return {
    name,
    run: async stage => {
      const hops = await Promise.all(chosen.map(step => stage.hop({ script: scriptFor(step, action) })))
      const sound = await stage.hop()
      const all = [...chosen, 'sound'].map((step, index) => [`${step}.example`, [...hops, sound][index]?.port] as const)
      const relay = Object.fromEntries(
        all.map(([domain, port]) => [domain, { to: `smtp://127.0.0.1:${port}`, timeouts: shortTimeouts }]),
      )
      const { port } = await stage.postern({ relay })
      const harmed = chosen.map(async (step, index) => {
        const place = at(...hops.slice(index, index + 1))
        return attempt(stage, { port, step, place, done: `the next hop ${does} ${names[step]}`, expected: expected(step) })
      })
      const others = attempt(stage, {
        port,
        step: 'sound',
        place: at(sound),
        done: 'meanwhile, for another next hop',
        expected: /^250/,
      })
      return Promise.all([...harmed, others])
    },
  }
}

/** What a server says in the middle of a message it says once, and it does not store the message then. */
function scriptFor(step: Step, action: Action): Script {
  if (step !== 'content') return { [step]: action }
  let said = false
  const once = () => {
    if (said) return ''
    said = true
    return action
  }
  return { content: once, dot: action }
}

interface Attempt {
  readonly port: number
  readonly step: string
  readonly place: ReturnType<typeof at>
  readonly done: string
  readonly expected: RegExp
}

async function attempt(stage: Stage, { port, step, place, done, expected }: Attempt): Promise<Outcome> {
  const ledger = stage.ledger(place, stage.quarantine())
  const sent = await send({ port, to: `bob@${step}.example`, bytes: 100_000 })
  ledger.note(sent)
  const { clients, where, faults } = await ledger.account()
  const isAsExpected = expected.test(sent.heard)
  return { done, clients, where, faults: [...faults, ...(isAsExpected ? [] : [`expected a reply like ${expected}`])] }
}
