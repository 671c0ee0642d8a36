import { formatAddress } from '../mail/address.ts'
import { isAccepted, isTemporary } from '../mail/reply.ts'
import type { Outcome, Report } from './outcome.ts'
import { isPlain, lines } from './text.ts'

/** The second part of a report, for machines (RFC 3464, 2; RFC 6533, 3 for addresses in UTF-8): a block for the message, and one for each recipient. */
export function deliveryStatus(report: Report): string {
  const { hostname, parameters, arrived } = report
  const message = lines([
    parameters.envid !== undefined && `Original-Envelope-Id: ${plain(parameters.envid)}`,
    `Reporting-MTA: dns; ${hostname}`,
    `Arrival-Date: ${dateOf(arrived)}`,
  ])
  return [message, ...report.outcomes.map(outcome => recipientBlock(outcome, report))].join('\r\n')
}

function recipientBlock({ address, parameters, action, reply, server, said }: Outcome, { now, retryUntil }: Report): string {
  const diagnostic = said ?? (isAccepted(reply) ? undefined : `${reply.code} ${reply.status} ${reply.text}`)
  return lines([
    parameters.orcpt !== undefined && `Original-Recipient: ${originalRecipient(parameters.orcpt)}`,
    `Final-Recipient: ${typedAddress(formatAddress(address))}`,
    `Action: ${action}`,
    `Status: ${statusOf(action, reply.status)}`,
    server !== undefined && `Remote-MTA: dns; ${plain(hostOf(server))}`,
    diagnostic !== undefined && `Diagnostic-Code: ${said === undefined ? 'x-postern' : 'smtp'}; ${plain(diagnostic)}`,
    `Last-Attempt-Date: ${dateOf(now)}`,
    action === 'delayed' && retryUntil !== undefined && `Will-Retry-Until: ${dateOf(retryUntil)}`,
  ])
}

/** RFC 3464, 2.3.4: its class says what the action says; what waited too long has failed, whatever was said last. */
function statusOf(action: Outcome['action'], status: string): string {
  const digit = action === 'failed' ? '5' : action === 'delayed' ? '4' : '2'
  if (status.startsWith(`${digit}.`)) return status
  return action === 'failed' && isTemporary({ code: 400, status, text: '' }) && status.startsWith('4.')
    ? `5.${status.slice(2)}`
    : `${digit}.0.0`
}

/** RFC 6533, 3: an address that is not ASCII has a type of its own. */
function typedAddress(address: string): string {
  return isPlain(address) ? `rfc822; ${address}` : `utf-8; ${address}`
}

function originalRecipient(orcpt: string): string {
  const at = orcpt.indexOf(';')
  return `${orcpt.slice(0, at)}; ${orcpt.slice(at + 1).trim()}`
}

/** A transport's name, `smtp://mx.example.net:25`, without what is not a host. */
function hostOf(server: string): string {
  return server.replace(/^[a-z]+:(?:\/\/)?/, '').replace(/:\d+$/, '')
}

function plain(text: string): string {
  return text.replace(/[\x00-\x1f\x7f]+/g, ' ')
}

/** RFC 5322, 3.3, in UTC. */
export function dateOf(date: Date): string {
  return date.toUTCString().replace('GMT', '+0000')
}
