import type { MailParameters, Notify, RecipientParameters } from '../mail/envelope.ts'
import type { Parameters } from './parameters.ts'
import { decodeXtext } from './xtext.ts'

/** RFC 3461, 4.4 and 4.2, encoded. */
const most = { envid: 100, orcpt: 500 } as const

/** RET and ENVID of MAIL (RFC 3461, 4.3 and 4.4); undefined when one of them is malformed. */
export function readReport(given: Parameters): Pick<MailParameters, 'ret' | 'envid'> | undefined {
  const [ret, envid] = [given.get('RET'), given.get('ENVID')]
  const how = typeof ret === 'string' ? ret.toUpperCase() : undefined
  const id = text(envid, most.envid)
  if (ret !== undefined && how !== 'FULL' && how !== 'HDRS') return undefined
  if (envid !== undefined && !isPrintable(id)) return undefined
  return { ...((how === 'FULL' || how === 'HDRS') && { ret: how }), ...(id !== undefined && { envid: id }) }
}

/** NOTIFY and ORCPT of RCPT (RFC 3461, 4.1 and 4.2); undefined when one of them is malformed. */
export function readDelivery(given: Parameters): RecipientParameters | undefined {
  const [wishes, original] = [given.get('NOTIFY'), given.get('ORCPT')]
  const notify = typeof wishes === 'string' ? readNotify(wishes) : undefined
  const orcpt = typeof original === 'string' ? readOrcpt(original) : undefined
  if ((wishes !== undefined && !notify) || (original !== undefined && orcpt === undefined)) return undefined
  return { ...(notify && { notify }), ...(orcpt !== undefined && { orcpt }) }
}

const wishes: readonly Notify[] = ['NEVER', 'SUCCESS', 'FAILURE', 'DELAY']

/** NEVER alone, or the others, each once. */
function readNotify(value: string): readonly Notify[] | undefined {
  const words = value.toUpperCase().split(',')
  const known = wishes.filter(wish => words.includes(wish))
  const isOnce = known.length === words.length
  return isOnce && (known.length === 1 || !known.includes('NEVER')) ? known : undefined
}

/** The type of the address, a semicolon, and the address as xtext. */
function readOrcpt(value: string): string | undefined {
  const [, type, rest] = /^([a-z0-9][a-z0-9-]{0,62});(.+)$/i.exec(value) ?? []
  const address = text(rest, most.orcpt - (type?.length ?? 0) - 1)
  return type !== undefined && isPrintable(address) ? `${type.toLowerCase()};${address}` : undefined
}

function text(value: string | true | undefined, most: number): string | undefined {
  return typeof value === 'string' && value.length <= most ? decodeXtext(value) : undefined
}

/** It will stand in the header of a report. */
function isPrintable(text: string | undefined): text is string {
  return text !== undefined && /^[\x20-\x7e]+$/.test(text)
}
