import type { Fate, Replayed } from './replay.ts'
import type { RecordedSession } from './sessions.ts'

const fates: readonly Fate[] = ['delivered', 'tagged', 'greylisted', 'quarantined', 'refused', 'no message']
const labels: readonly RecordedSession['label'][] = ['ham', 'spam', 'phish']

/** What the default set does to real mail, as a page of the documentation. */
export function page(results: readonly Replayed[]): string {
  return `# The default set and real mail

Recorded sessions, each played again over SMTP: from its client's address, with its HELO and its sender, and with what the DNS said
then. The gateway runs the default set, with \`trialDays: 0\`, so that it refuses at once what waits in quarantine in the first 14 days.
This page is written by \`npm run realworld\`; \`test/peers/realworld.test.ts\` checks what it claims.

${table(
  '',
  labels.map(label => [label, results.filter(({ session }) => session.label === label)]),
)}

No ham is refused, and none is quarantined. What is greylisted comes in a few minutes later, if the sender comes again. Most of these
senders have neither a confirmed name nor SPF: the ham is from 2002.

What the numbers are not: a measure of how much spam is caught. The blocklists of the time are not recorded, so every list answers that
it knows nobody; most phish of this corpus comes from accounts at big providers, and all that can be checked of it is right. Sessions
whose client is not recorded are left out, every sender's domain is taken to exist, and all mail is for one recipient that stands in no
header, which costs 0.3 points each.

## By corpus

${table('Corpus', [...Map.groupBy(results, ({ session }) => `${session.label}: ${session.corpus}`)].toSorted())}

## What decided

| Label | Fate | Rule and reason | Messages |
|---|---|---|---:|
${causes(results).join('\n')}
`
}

function table(title: string, groups: readonly (readonly [string, readonly Replayed[]])[]): string {
  const rows = groups.map(([name, members]) => {
    const counts = fates.map(fate => members.filter(result => result.fate === fate).length)
    return `| ${name} | ${[members.length, ...counts].join(' | ')} |`
  })
  return [`| ${title} | all | ${fates.join(' | ')} |`, `|---|${'---:|'.repeat(fates.length + 1)}`, ...rows].join('\n')
}

function causes(results: readonly Replayed[]): string[] {
  const decided = results.filter(({ cause }) => cause !== '')
  const groups = Map.groupBy(decided, ({ session, fate, cause }) => `| ${session.label} | ${fate} | ${cause} |`)
  return [...groups].map(([row, members]) => `${row} ${members.length} |`).toSorted()
}
