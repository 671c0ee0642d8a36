import type { Address } from '../mail/address.ts'
import type { Message } from '../mail/message.ts'
import { isSubmission, type Session } from '../mail/session.ts'
import { type Evaluation, evaluate, evaluateEach } from './evaluate.ts'
import { Findings } from './findings.ts'
import type { Gateway } from './gateway.ts'
import type { OpenTransaction, Standing } from './open-transaction.ts'
import type { Phase } from './phase.ts'
import { noRules, type Rule, type Rulebook } from './rule.ts'
import { isFor, isForAll, type Tally, tallyOf } from './tally.ts'

/** Nothing has been heard, found or said. */
export function nothingYet({ world }: Gateway): Standing {
  return { judgements: [], findings: new Findings([], world), entries: [], degraded: false }
}

/** Something new is known of the client, before there is a recipient: the rules of this phase judge it. */
export function judgePhase(
  gateway: Gateway,
  phase: 'connect' | 'helo' | 'mail',
  from: Standing,
  known: { readonly session: Session },
): Standing | Promise<Standing> {
  const { world } = gateway
  const rulebook = rulebookFor(gateway, known.session)
  const rules = rulebook.at[phase]
  const degraded = gateway.isDegraded()
  const findings = new Findings(phase === 'mail' ? ['mail', 'message'] : [phase], world, from.findings)
  if (!rules.length && !rulebook.prefetch[phase].length) return { ...from, findings, degraded }
  const [entries, judgements] = [[...from.entries], [...from.judgements]]
  const started = performance.now()
  const evaluated = evaluate(judgements, isForAll, {
    ...evaluation(gateway, phase, { rulebook, known, findings, entries, degraded }),
    rules,
  })
  return evaluated.then(() => {
    world.meter?.phase(phase, performance.now() - started)
    return { judgements, findings, entries, degraded }
  })
}

/** What has been said so far about the client counts for this recipient as far as it concerns it, and the rules of RCPT judge too. */
export async function judgeRecipient(gateway: Gateway, transaction: OpenTransaction, recipient: Address): Promise<Tally> {
  const { session, sender, parameters, standing, entries } = transaction
  const counts = (rule: Rule) => concerns(gateway, rule, recipient)
  const rulebook = rulebookFor(gateway, session)
  const rules = rulebook.at.rcpt.filter(counts)
  const judgements = [...standing.judgements]
  if (!rules.length && !rulebook.prefetch.rcpt.length) return tallyOf(judgements, counts)
  const findings = new Findings(['rcpt'], gateway.world, standing.findings)
  const known = { session, sender, parameters, recipient, others: transaction.recipients, unknown: transaction.unknown }
  const started = performance.now()
  await evaluate(judgements, counts, {
    ...evaluation(gateway, 'rcpt', { rulebook, known, findings, entries, degraded: standing.degraded }),
    about: [recipient],
    rules,
  })
  gateway.world.meter?.phase('rcpt', performance.now() - started)
  transaction.noteFacts(recipient, findings)
  return tallyOf(judgements, counts)
}

/** The rules of the message judge it for all recipients, each with its own tally. */
export async function judgeMessage(gateway: Gateway, transaction: OpenTransaction, message: Message): Promise<void> {
  const { session, sender, parameters, standing, entries } = transaction
  const known = { session, sender, parameters, message }
  const { findings, degraded } = standing
  const counts = (rule: Rule, recipient: Address) => concerns(gateway, rule, recipient)
  const started = performance.now()
  const rulebook = rulebookFor(gateway, session)
  const rest = { rulebook, known, findings, entries, degraded }
  await evaluateEach(transaction.tallies, counts, evaluation(gateway, 'message', rest))
  gateway.world.meter?.phase('message', performance.now() - started)
}

/** Strangers are judged by other rules than our own users. */
function rulebookFor({ rulebook, submissionRulebook = noRules }: Gateway, session: Session): Rulebook {
  return isSubmission(session) ? submissionRulebook : rulebook
}

/** Exempt recipients are judged by the rules that always run, and by no others. */
function concerns(gateway: Gateway, rule: Rule, recipient: Address): boolean {
  return isFor(rule, recipient) && (rule.always || !gateway.isExempt(recipient))
}

function evaluation(
  { world, budgetMs }: Gateway,
  phase: Phase,
  rest: Pick<Evaluation, 'rulebook' | 'known' | 'findings' | 'entries' | 'degraded'>,
): Evaluation {
  return { phase, ...rest, now: world.now(), until: performance.now() + budgetMs[phase] }
}
