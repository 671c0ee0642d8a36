import { type Drill, expecting } from './drill.ts'
import { send } from './stage/sender.ts'
import { at } from './stage/stage.ts'

/** The one gap in SMTP: the next hop has the message, and dies before it can say so (RFC 1047). */
export const nextHopDiesAfterDot: Drill = {
  name: 'next-hop-dies-after-dot',
  run: async stage => {
    const stored: string[] = []
    const dieOnce = ({ sender }: { readonly sender: string }) => {
      if (stored.length) return undefined
      stored.push(/\+(.*)@/.exec(sender)?.[1] ?? '')
      return 'close' as const
    }
    const hop = await stage.hop({ script: { dot: dieOnce } })
    const { port } = await stage.postern({ relay: { 'our.example': { to: `smtp://127.0.0.1:${hop.port}` } } })
    const first = await send({ port })
    const second = await send({ port, id: first.id })
    const silently = { name: 'next hop, before it died', copies: async () => stored.map(id => ({ id, isWhole: true })) }
    const ledger = stage.ledger(silently, at(hop), stage.quarantine())
    ledger.note(first, second)
    const { clients, where, faults, doubled } = await ledger.account({ mayDouble: () => true })
    const expected = expecting({
      'a reply 4yz first': first.code >= 400 && first.code < 500,
      'to be taken when it comes again': second.taken,
      'one message in two copies': doubled === 1 && stored.length === 1 && hop.messages.length === 1,
    })
    const done = 'the next hop stores the message and dies before its 250; the client sends it again'
    return [{ done, clients, where, faults: [...faults, ...expected] }]
  },
}
