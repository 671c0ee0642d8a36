import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { fileTrouble } from '../config/file-trouble.ts'
import type { Configuration } from '../config/load.ts'
import { type Address, parseAddress } from '../mail/address.ts'
import { newId } from '../mail/id.ts'
import { canonicalAddress } from '../mail/network.ts'
import type { Scene } from '../report/rehearsal.ts'
import { parseHelo } from '../smtp/helo-name.ts'
import { takeMessage } from './take-message.ts'

/** The client, as the command line tells of it. */
export interface SceneOptions {
  readonly ip: string
  readonly helo: string
  readonly from: string
  readonly rcpt: readonly string[]
}

/** Reads what a client would do; a sentence for the person who made a mistake on the command line. */
export async function readScene(file: string, options: SceneOptions, { limits }: Configuration): Promise<Scene | string> {
  const { ip, from, rcpt } = options
  const helo = parseHelo(`EHLO ${options.helo}`)
  const sender = from === '' || from === '<>' ? null : parseAddress(bare(from))
  const recipients = rcpt.map(parseRecipient)
  if (!isIP(ip)) return `--ip: expected an address, found "${ip}"`
  if (helo === undefined) return `--helo: expected a name, found "${options.helo}"`
  if (sender === undefined) return `--from: expected an address, found "${from}"`
  const wrong = rcpt[recipients.indexOf(undefined)]
  if (wrong !== undefined) return `--rcpt: expected an address, found "${wrong}"`

  const bytes = await readMessage(file)
  if (typeof bytes === 'string') return bytes
  return {
    session: { id: newId(new Date()), listener: 'mx', client: { ip: canonicalAddress(ip), port: 0 }, violations: [] },
    helo,
    sender,
    parameters: {},
    recipients: recipients.filter(recipient => recipient !== undefined),
    content: await takeMessage(bytes, limits),
  }
}

function parseRecipient(text: string): Address | undefined {
  const plain = bare(text)
  // RFC 5321, 4.5.1
  return /^postmaster$/i.test(plain) ? { local: plain, domain: '' } : parseAddress(plain)
}

function bare(text: string): string {
  return text.replace(/^<(.*)>$/, '$1')
}

async function readMessage(file: string): Promise<Buffer | string> {
  try {
    return file === '-' ? await buffer(process.stdin) : await readFile(file)
  } catch (error) {
    return `the message: expected a file that can be read, found ${fileTrouble(file, error)}`
  }
}
