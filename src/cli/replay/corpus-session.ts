import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { join, resolve, sep } from 'node:path'
import { fileTrouble } from '../../config/file-trouble.ts'
import { parseAddress } from '../../mail/address.ts'
import { parseHelo } from '../../smtp/helo-name.ts'

/** One message of a corpus, and how it came: a line of `sessions.jsonl`. */
export interface CorpusSession {
  /** Absolute. */
  readonly file: string
  /** What it is known to be, such as `ham`; empty when nobody says. */
  readonly label: string
  readonly ip: string
  readonly helo: string
  readonly sender: string | null
  /** Whom it is for; empty when that is not known. */
  readonly recipients: readonly string[]
}

/** The sessions of a folder whose client is known, or what is wrong with its list. */
export async function readCorpus(folder: string): Promise<CorpusSession[] | string> {
  const list = join(folder, 'sessions.jsonl')
  let text: string
  try {
    text = await readFile(list, 'utf8')
  } catch (error) {
    return `${list}: expected one line of JSON for each message, found ${fileTrouble(list, error)}`
  }
  const sessions: CorpusSession[] = []
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const session = readLine(line, folder)
    if (typeof session === 'string') return `${list}:${index + 1}: ${session}`
    if (session) sessions.push(session)
  }
  return sessions
}

/** `undefined` for what never came over a network. */
function readLine(line: string, folder: string): CorpusSession | undefined | string {
  const given = parse(line)
  if (!given) return 'expected an object of JSON, found something else'
  const { file, client_ip: ip, helo, mail_from: sender, rcpt_to: recipients = [], label = '' } = given
  if (typeof file !== 'string') return 'file: expected the name of a message, found something else'
  const path = resolve(folder, file)
  if (!path.startsWith(resolve(folder) + sep)) return `file: expected a file below the folder, found "${file}"`
  if (ip === null || ip === undefined) return undefined
  if (typeof ip !== 'string' || !isIP(ip)) return `client_ip: expected an address, found "${ip}"`
  if (!Array.isArray(recipients) || !recipients.every(isAddress)) return 'rcpt_to: expected a list of addresses'
  const name = typeof helo === 'string' ? parseHelo(`EHLO ${helo}`) : undefined
  const from = typeof sender === 'string' && isAddress(sender) ? sender : null
  return { file: path, label: String(label), ip, helo: name ?? `[${ip}]`, sender: from, recipients }
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
  } catch {
    return undefined
  }
}

function isAddress(text: unknown): text is string {
  return typeof text === 'string' && parseAddress(text) !== undefined
}
