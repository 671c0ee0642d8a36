import type { Address } from '../mail/address.ts'
import type { Message } from '../mail/message.ts'
import type { Session } from '../mail/session.ts'
import { type Evaluation, evaluate, evaluateEach } from './evaluate.ts'
import { Findings } from './findings.ts'
import type { Gateway } from './gateway.ts'
import type { OpenTransaction, Standing } from './open-transaction.ts'
import type { Phase } from './phase.ts'
import type { Rule } from './rule.ts'
import { emptyTally, isFor, type Tally, tallyFor } from './tally.ts'

/** Nothing has been heard, found or said. */
export function nothingYet({ world }: Gateway): Standing {
  return { tally: emptyTally, judgements: [], findings: new Findings([], world), entries: [] }
}

/** Something new is known of the client, before there is a recipient: the rules of this phase judge it. */
export async function judgePhase(
  gateway: Gateway,
  phase: 'connect' | 'helo' | 'mail',
  from: Standing,
  known: { readonly session: Session },
): Promise<Standing> {
  const findings = new Findings(phase === 'mail' ? ['mail', 'message'] : [phase], gateway.world, from.findings)
  const [entries, judgements] = [[...from.entries], [...from.judgements]]
  const tally = await evaluate(judgements, from.tally, evaluation(gateway, phase, { known, findings, entries }))
  return { tally, judgements, findings, entries }
}

/** What has been said so far about the client counts for this recipient as far as it concerns it; the rules of RCPT come on top. */
export async function judgeRecipient(gateway: Gateway, transaction: OpenTransaction, recipient: Address): Promise<Tally> {
  const { session, sender, parameters, standing, entries } = transaction
  const findings = new Findings(['rcpt'], gateway.world, standing.findings)
  const tally = tallyFor(standing.judgements, rule => concerns(gateway, rule, recipient))
  const tallies = new Map([[recipient, tally]])
  const known = { session, sender, parameters, recipient }
  await evaluateEach(tallies, concernsIn(gateway), evaluation(gateway, 'rcpt', { known, findings, entries }))
  transaction.noteFacts(recipient, findings.own)
  return tallies.get(recipient) ?? tally
}

/** The rules of the message judge it for all recipients, each with its own tally. */
export async function judgeMessage(gateway: Gateway, transaction: OpenTransaction, message: Message): Promise<void> {
  const { session, sender, parameters, standing, entries } = transaction
  const known = { session, sender, parameters, message }
  const { findings } = standing
  await evaluateEach(transaction.tallies, concernsIn(gateway), evaluation(gateway, 'message', { known, findings, entries }))
}

/** Exempt recipients are judged by the rules that always run, and by no others. */
function concerns(gateway: Gateway, rule: Rule, recipient: Address): boolean {
  return isFor(rule, recipient) && (rule.always || !gateway.isExempt(recipient))
}

function concernsIn(gateway: Gateway): (rule: Rule, recipient: Address) => boolean {
  return (rule, recipient) => concerns(gateway, rule, recipient)
}

function evaluation(
  { rulebook, world, budgetMs }: Gateway,
  phase: Phase,
  rest: Pick<Evaluation, 'known' | 'findings' | 'entries'>,
): Evaluation {
  return { phase, rulebook, ...rest, now: world.now(), until: performance.now() + budgetMs[phase] }
}
