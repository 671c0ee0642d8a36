import { formatAddress } from '../mail/address.ts'
import { causeOf } from './causes.ts'
import type { Action, Outcome, Report } from './outcome.ts'
import { wrapped } from './text.ts'

const headings: Readonly<Record<Action, string>> = {
  failed: 'Your message could not be delivered to:',
  delayed: 'Your message has not been delivered yet, and waits for:',
  delivered: 'Your message has been delivered to:',
  relayed: 'Your message has been handed to a server that tells no more of it, for:',
}

export const subjects: Readonly<Record<Action, string>> = {
  failed: 'Your message could not be delivered',
  delayed: 'Your message has not been delivered yet',
  delivered: 'Your message has been delivered',
  relayed: 'Your message has been handed on',
}

/** The first part of a report, for whoever wrote the message: what has become of it, why, and what can be done. */
export function humanText(report: Report): string {
  const { message, hostname, about } = report
  const subject = message
    .header('subject')
    ?.replace(/[\x00-\x1f\x7f]+/g, ' ')
    .slice(0, 200)
  const groups = Map.groupBy(report.outcomes, ({ action }) => action)
  const paragraphs = [...groups].map(([action, outcomes]) => paragraph(action, outcomes, report))
  return [
    `This is the mail server ${hostname}.`,
    // Encoded words are for programs.
    ...(subject && !subject.includes('=?') ? [wrapped(`It is about your message "${subject}".`)] : []),
    ...paragraphs,
    wrapped(`If you ask an administrator about it, please name this number: ${about}`),
    '',
  ].join('\r\n\r\n')
}

function paragraph(action: Action, outcomes: readonly Outcome[], { retryUntil }: Report): string {
  const until = retryUntil ? ` until ${retryUntil.toUTCString()}` : ''
  const promise = action === 'delayed' ? [wrapped(`It is tried again${until}; you need not send it again.`)] : []
  return [headings[action], ...outcomes.map(outcome => about(action, outcome)), ...promise].join('\r\n\r\n')
}

function about(action: Action, { address, reply, server, said }: Outcome): string {
  const lines = [`  <${formatAddress(address)}>`]
  if (action === 'failed' || action === 'delayed') {
    // Without it, most reports are plain ASCII, which every program shows.
    lines.push(wrapped(causeOf(reply, said).replaceAll('’', "'"), '    '))
    const words = (said ?? `${reply.code} ${reply.status} ${reply.text}`).replace(/[\x00-\x1f\x7f]+/g, ' ')
    const who = said !== undefined && server !== undefined ? 'That server said' : 'In detail'
    lines.push(wrapped(`${who}: ${words.slice(0, 400)}`, '    '))
  }
  return lines.join('\r\n')
}
